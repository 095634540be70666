import type { StructureName } from '@contract'

/** Core and hypoperfused tissue wherever they are shown; the page of the engine has the same. */
export const riskColours = { core: '#ff3d71', hypoperfusion: '#26c9a3' } as const

export const millilitres = (volume: number): string => volume.toFixed(volume < 9.95 ? 1 : 0)

/** What is told apart in a head beside its tissue, as it is drawn over the source image and named beside it. */
export const structureLooks: Record<StructureName, { label: string; colour: string }> = {
  skull: { label: 'Skull', colour: '#d9c58a' },
  fluid: { label: 'Fluid', colour: '#4d9dff' },
  vessels: { label: 'Vessels', colour: '#ff8a3d' },
  midline: { label: 'Midline', colour: '#f2f2f2' },
}
