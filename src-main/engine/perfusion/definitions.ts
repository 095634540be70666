import { defaultDisplays, mapNames, type MapName, type MapsMethod } from '@contract'

/** What a map shows, in words, units and display. */
export interface MapDefinition {
  /** For a pane's title; for Tmax it says which definition. */
  label: string
  definition: string
  /** As people write it. */
  unit: string
  /** As UCUM writes it, for DICOM. */
  ucum: string
  display: { lower: number; upper: number; colourMap: string }
}

/** Labels, definitions, units and display ranges of the six maps of a method. */
export function mapDefinitions(method: MapsMethod): Record<MapName, MapDefinition> {
  const definitions = residueDefinitions(method === 'bennink' || method === 'cnn')
  if (method !== 'cnn') return definitions
  return Object.fromEntries(
    mapNames.map((name) => [name, { ...definitions[name], definition: predicted[name] }]),
  ) as Record<MapName, MapDefinition>
}

/** What a network's maps are: it learnt the first four; the others follow from them. */
const predicted: Record<MapName, string> = {
  cbf: 'Cerebral blood flow as a network predicts it, without an arterial input.',
  cbv: 'Cerebral blood volume as a network predicts it, without an arterial input.',
  mtt: 'Mean transit time: 60 · CBV / CBF of the predicted maps.',
  ttp: 'Time to peak of the tissue curve from bolus arrival in the artery, as a network predicts it.',
  tmax: 'Delay + MTT/2 as a network predicts it.',
  delay: 'Arrival of the tissue after the artery: predicted Tmax less half of the MTT.',
}

function residueDefinitions(box: boolean): Record<MapName, MapDefinition> {
  return {
    cbf: {
      label: 'CBF',
      definition: box
        ? 'Cerebral blood flow: 60 · CBV / MTT of the fitted box-shaped residue.'
        : 'Cerebral blood flow: 6000 · κ/ρ · maximum of the deconvolved residue.',
      unit: 'ml/100 g/min',
      ucum: 'mL/(100.g.min)',
      display: defaultDisplays.cbf,
    },
    cbv: {
      label: 'CBV',
      definition: box
        ? 'Cerebral blood volume: 100 · κ/ρ · area of the fitted box-shaped residue.'
        : 'Cerebral blood volume: 100 · κ/ρ · area of the tissue curve over area of the arterial input, drawn to CBF · 9 s where noise hides the flow.',
      unit: 'ml/100 g',
      ucum: 'mL/(100.g)',
      display: defaultDisplays.cbv,
    },
    mtt: {
      label: 'MTT',
      definition: box
        ? 'Mean transit time: width of the fitted box-shaped residue.'
        : 'Mean transit time: 60 · CBV / CBF.',
      unit: 's',
      ucum: 's',
      display: defaultDisplays.mtt,
    },
    ttp: {
      label: 'TTP',
      definition: 'Time to peak of the fitted tissue curve, from bolus arrival in the artery.',
      unit: 's',
      ucum: 's',
      display: defaultDisplays.ttp,
    },
    tmax: box
      ? {
          label: 'Tmax (delay + MTT/2)',
          definition: 'Centre of the fitted box-shaped residue: delay + MTT/2.',
          unit: 's',
          ucum: 's',
          display: defaultDisplays.tmax,
        }
      : {
          label: 'Tmax (peak of residue)',
          definition: 'Time at which the deconvolved residue is highest, between samples.',
          unit: 's',
          ucum: 's',
          display: defaultDisplays.tmax,
        },
    delay: {
      label: 'Delay',
      definition: box
        ? 'Arrival of the tissue after the artery: onset of the fitted box-shaped residue.'
        : 'Arrival of the tissue after the artery: where the residue first reaches half of its maximum.',
      unit: 's',
      ucum: 's',
      display: defaultDisplays.delay,
    },
  }
}
