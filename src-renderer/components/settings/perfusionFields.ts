import { perfusionSettingsSchema, type PerfusionMethod, type PerfusionSettings } from '@contract'

type KeysOf<T> = {
  [K in keyof PerfusionSettings]: PerfusionSettings[K] extends T ? K : never
}[keyof PerfusionSettings]

export interface NumberField {
  key: Exclude<KeysOf<number | null>, undefined>
  label: string
  unit: string
  help: string
  min: number
  max: number
  step: number
  digits: number
  /** What the engine takes where the value is null; absent where there must be a number. */
  automatic?: string
  /** The number a person starts from when automatic is switched off. */
  start?: number
  /** The methods that use it; all, where absent. */
  methods?: readonly PerfusionMethod[]
}

export interface SwitchField {
  key: KeysOf<boolean>
  label: string
  help: string
}

export const defaults: PerfusionSettings = perfusionSettingsSchema.parse({})

export const methodChoices: { value: PerfusionMethod; label: string; help: string }[] = [
  {
    value: 'bennink',
    label: 'Box regression (Bennink)',
    help: 'Fits a box-shaped residue with its own delay to every voxel. Insensitive to delay and dispersion.',
  },
  {
    value: 'ssvd',
    label: 'sSVD',
    help: 'Truncated singular value decomposition. A delayed arrival lowers the flow it finds.',
  },
  {
    value: 'csvd',
    label: 'cSVD',
    help: 'Block-circulant decomposition with a fixed threshold. Insensitive to delay.',
  },
  {
    value: 'osvd',
    label: 'oSVD',
    help: 'Block-circulant decomposition; the threshold is set per voxel by how much the residue oscillates.',
  },
]

export const inputSwitches: SwitchField[] = [
  {
    key: 'scaleToVenous',
    label: 'Scale the arterial curve to the venous area',
    help: 'Corrects the partial volume of a small artery.',
  },
]

export const bloodNumbers: NumberField[] = [
  {
    key: 'hematocritLarge',
    label: 'Haematocrit, large vessels',
    unit: '',
    help: 'Share of red cells in the artery and the vein.',
    min: 0,
    max: 0.9,
    step: 0.01,
    digits: 2,
  },
  {
    key: 'hematocritSmall',
    label: 'Haematocrit, capillaries',
    unit: '',
    help: 'Share of red cells in the tissue’s small vessels.',
    min: 0,
    max: 0.9,
    step: 0.01,
    digits: 2,
  },
  {
    key: 'brainDensity',
    label: 'Density of brain',
    unit: 'g/ml',
    help: 'Turns a volume share into ml per 100 g.',
    min: 0.01,
    max: 3,
    step: 0.01,
    digits: 2,
  },
]

export const motionSwitches: SwitchField[] = [
  {
    key: 'motionCorrection',
    label: 'Motion correction',
    help: 'Brings the head of every frame to its place in the first frame, and leaves out frames that cannot be brought there.',
  },
]

export const preparationSwitches: SwitchField[] = [
  { key: 'smoothInTime', label: 'Smooth over time', help: 'Weights ¼, ½, ¼ over neighbouring time points.' },
]

export const preparationNumbers: NumberField[] = [
  {
    key: 'smoothInPlaneMm',
    label: 'Smooth in the slice plane',
    unit: 'mm',
    help: 'Full width at half maximum of the Gaussian; 0 leaves the slices as they are.',
    min: 0,
    max: 20,
    step: 0.5,
    digits: 1,
  },
  {
    key: 'timeStep',
    label: 'Time step',
    unit: 's',
    help: 'Spacing of the even time grid the curves are brought onto.',
    min: 0.01,
    max: 10,
    step: 0.1,
    digits: 2,
    automatic: 'median interval of the series',
    start: 1,
  },
]

export const methodNumbers: NumberField[] = [
  {
    key: 'svdThreshold',
    label: 'Singular value threshold',
    unit: 'of the largest',
    help: 'Components below this share are dropped.',
    min: 0,
    max: 1,
    step: 0.01,
    digits: 2,
    automatic: '0.2 for sSVD, 0.1 for cSVD',
    start: 0.1,
    methods: ['ssvd', 'csvd'],
  },
  {
    key: 'oscillationLimit',
    label: 'Oscillation limit',
    unit: '',
    help: 'The residue may oscillate this much.',
    min: 0.001,
    max: 1,
    step: 0.005,
    digits: 3,
    methods: ['osvd'],
  },
]

/** κ = (1 − Hct large) / (1 − Hct small), and the factor 100·κ/ρ in ml/100 g that CBV is multiplied with. */
export function bloodFactors(settings: PerfusionSettings): { kappa: number; factor: number } {
  const kappa = (1 - settings.hematocritLarge) / (1 - settings.hematocritSmall)
  return { kappa, factor: (100 * kappa) / settings.brainDensity }
}
