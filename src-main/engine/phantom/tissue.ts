/** Values of tissue.nii.gz. */
export const tissueLabels = {
  air: 0,
  scalp: 1,
  skull: 2,
  fluid: 3,
  grey: 4,
  white: 5,
  artery: 6,
  vein: 7,
} as const

/** Values of lesion.nii.gz. */
export const lesionLabels = { none: 0, core: 1, penumbra: 2 } as const

/** Blood flow, ml/100 g/min, blood volume, ml/100 g, and arrival after the artery, s. */
export interface PerfusionState {
  cbf: number
  cbv: number
  delay: number
}

/**
 * Normal and severely reduced perfusion after Manhart et al. 2013 and Riordan et al. 2011. Their "reduced" state (grey
 * 16/3, white 7.5/1.7) lies on the 30 % line that parts core from penumbra, so that no threshold could find the core
 * again; the penumbra here is what stroke imaging means by it: flow at about 40 % of normal in grey matter and 55 % in
 * white, above the core's threshold against either the mirrored or the mean healthy side, volume kept up.
 */
export const perfusionStates = {
  grey: {
    normal: { cbf: 53, cbv: 3.3, delay: 0.7 },
    penumbra: { cbf: 22, cbv: 3.4, delay: 5.5 },
    core: { cbf: 5.3, cbv: 0.71, delay: 8 },
  },
  white: {
    normal: { cbf: 25, cbv: 1.9, delay: 1.1 },
    penumbra: { cbf: 14, cbv: 2, delay: 5.8 },
    core: { cbf: 2.5, cbv: 0.42, delay: 8 },
  },
} as const

/** Blood volume, ml/100 g, of a blood volume fraction of 1: 100 · κ/ρ with hematocrits 0.45 and 0.25, 1.05 g/ml. */
export const ML_PER_100G = (100 * ((1 - 0.45) / (1 - 0.25))) / 1.05

/** Hounsfield units before contrast, and for DSC-MRI the signal before contrast (T2*-weighted, arbitrary counts). */
export const tissueBaseline = {
  ct: {
    air: -1000,
    fat: -90,
    skin: 45,
    table: 1150,
    marrow: 550,
    fluid: 12,
    grey: 35,
    white: 29,
    blood: 40,
    holder: -150,
  },
  mr: {
    air: 0,
    fat: 250,
    skin: 500,
    table: 40,
    marrow: 120,
    fluid: 1400,
    grey: 1000,
    white: 820,
    blood: 900,
    holder: 0,
  },
} as const
export type TissueBaseline = Record<keyof (typeof tissueBaseline)['ct'], number>

/**
 * Everything a phantom is made of, on its grid: x fastest, then y, slice. `cbf`, `cbv`, `mtt` and `delay` belong to the
 * tissue of a voxel and are 0 where there is none; `artery` and `vein` are the shares of the voxel that are vessel.
 */
export interface PhantomVoxels {
  /** HU or signal before contrast. */
  baseline: Float32Array
  tissue: Uint8Array
  lesion: Uint8Array
  cbf: Float32Array
  cbv: Float32Array
  mtt: Float32Array
  delay: Float32Array
  artery: Float32Array
  vein: Float32Array
}

export function emptyVoxels(length: number): PhantomVoxels {
  return {
    baseline: new Float32Array(length),
    tissue: new Uint8Array(length),
    lesion: new Uint8Array(length),
    cbf: new Float32Array(length),
    cbv: new Float32Array(length),
    mtt: new Float32Array(length),
    delay: new Float32Array(length),
    artery: new Float32Array(length),
    vein: new Float32Array(length),
  }
}

/** The same voxels without `margin` slices at either end: views, nothing is copied. */
export function withoutMargin(voxels: PhantomVoxels, sliceLength: number, margin: number): PhantomVoxels {
  const inner = <T extends Float32Array | Uint8Array>(values: T): T =>
    values.subarray(margin * sliceLength, values.length - margin * sliceLength) as T
  return {
    baseline: inner(voxels.baseline),
    tissue: inner(voxels.tissue),
    lesion: inner(voxels.lesion),
    cbf: inner(voxels.cbf),
    cbv: inner(voxels.cbv),
    mtt: inner(voxels.mtt),
    delay: inner(voxels.delay),
    artery: inner(voxels.artery),
    vein: inner(voxels.vein),
  }
}
