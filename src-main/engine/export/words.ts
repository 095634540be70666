import type { MapsMethod } from '@contract'

export const NOT_FOR_DIAGNOSIS = 'Research use only, not for diagnosis'

/** What each method is, for people. */
export const methodNames: Record<MapsMethod, string> = {
  bennink: 'Box-shaped residue, non-linear regression (Bennink)',
  ssvd: 'Standard singular value decomposition (sSVD)',
  csvd: 'Block-circulant singular value decomposition (cSVD)',
  osvd: 'Oscillation-limited singular value decomposition (oSVD)',
  cnn: 'Convolutional network, no arterial input (CNN)',
}
