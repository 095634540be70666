import type { ReadingState } from '@contract'

export const stateLabels: Record<ReadingState, string> = {
  open: 'Not begun',
  draft: 'Begun',
  signed: 'Signed',
}

/** "core 12.30 ml, penumbra 40.10 ml"; a dash where nothing was saved. */
export const volumesText = (volumes: Record<string, number>): string =>
  Object.entries(volumes)
    .map(([structure, millilitres]) => `${structure} ${millilitres.toFixed(2)} ml`)
    .join(', ') || '–'

/** "3:07 min" of working time. */
export function formatTime(seconds: number): string {
  const whole = Math.floor(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`
}
