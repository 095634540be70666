import type { MapName, PerfusionMethod } from '@contract'

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

const COLOUR_MAP = 'asist'

/** Labels, definitions, units and display ranges of the six maps of a method. */
export function mapDefinitions(method: PerfusionMethod): Record<MapName, MapDefinition> {
  const box = method === 'bennink'
  const display = (lower: number, upper: number): MapDefinition['display'] => ({
    lower,
    upper,
    colourMap: COLOUR_MAP,
  })
  return {
    cbf: {
      label: 'CBF',
      definition: box
        ? 'Cerebral blood flow: 60 · CBV / MTT of the fitted box-shaped residue.'
        : 'Cerebral blood flow: 6000 · κ/ρ · maximum of the deconvolved residue.',
      unit: 'ml/100 g/min',
      ucum: 'mL/(100.g.min)',
      display: display(0, 80),
    },
    cbv: {
      label: 'CBV',
      definition: box
        ? 'Cerebral blood volume: 100 · κ/ρ · area of the fitted box-shaped residue.'
        : 'Cerebral blood volume: 100 · κ/ρ · area of the tissue curve over area of the arterial input.',
      unit: 'ml/100 g',
      ucum: 'mL/(100.g)',
      display: display(0, 6),
    },
    mtt: {
      label: 'MTT',
      definition: box
        ? 'Mean transit time: width of the fitted box-shaped residue.'
        : 'Mean transit time: 60 · CBV / CBF.',
      unit: 's',
      ucum: 's',
      display: display(0, 20),
    },
    ttp: {
      label: 'TTP',
      definition: 'Time to peak of the fitted tissue curve, from bolus arrival in the artery.',
      unit: 's',
      ucum: 's',
      display: display(0, 25),
    },
    tmax: box
      ? {
          label: 'Tmax (delay + MTT/2)',
          definition: 'Centre of the fitted box-shaped residue: delay + MTT/2.',
          unit: 's',
          ucum: 's',
          display: display(0, 12),
        }
      : {
          label: 'Tmax (peak of residue)',
          definition: 'Time at which the deconvolved residue is highest, between samples.',
          unit: 's',
          ucum: 's',
          display: display(0, 12),
        },
    delay: {
      label: 'Delay',
      definition: box
        ? 'Arrival of the tissue after the artery: onset of the fitted box-shaped residue.'
        : 'Arrival of the tissue after the artery: where the residue first reaches half of its maximum.',
      unit: 's',
      ucum: 's',
      display: display(0, 6),
    },
  }
}
