/** Core and hypoperfused tissue wherever they are shown; the page of the engine has the same. */
export const riskColours = { core: '#ff3d71', hypoperfusion: '#26c9a3' } as const

export const millilitres = (volume: number): string => volume.toFixed(volume < 9.95 ? 1 : 0)
