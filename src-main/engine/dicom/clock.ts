const secondsPerDay = 86_400

/** Days since 1970-01-01 of a DICOM date (DA: YYYYMMDD, or the old YYYY.MM.DD); null when it is not one. */
export function parseDate(value: string): number | null {
  const match = /^(\d{4})[.]?(\d{2})[.]?(\d{2})$/.exec(value)
  if (!match) return null
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const time = Date.UTC(year, month - 1, day)
  const date = new Date(time)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  return time / 1000 / secondsPerDay
}

/** Seconds since midnight of a DICOM time (TM: HH[MM[SS[.FFFFFF]]], or the old HH:MM:SS.FF); null when it is not one. */
export function parseTime(value: string): number | null {
  const match = /^(\d{2})(?::?(\d{2})(?::?(\d{2})(\.\d*)?)?)?$/.exec(value)
  if (!match) return null
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)]
  if (hours > 24 || minutes > 59 || seconds > 60) return null
  const fraction = match[4] && match[4].length > 1 ? Number(match[4]) : 0
  return hours * 3600 + minutes * 60 + seconds + fraction
}

/** Seconds since 1970 of a DICOM date-time (DT: YYYYMMDDHHMMSS.FFFFFF&ZZXX); its zone is left out of account. */
export function parseDateTime(value: string): number | null {
  const match = /^(\d{8})(\d{2,6}(?:\.\d*)?)(?:[+-]\d{4})?$/.exec(value)
  if (!match) return null
  return instant(parseDate(match[1]), parseTime(match[2]))
}

/** Seconds since 1970, or since midnight where the date is not known; null without a time. */
export function instant(date: number | null, time: number | null): number | null {
  return time === null ? null : (date ?? 0) * secondsPerDay + time
}

/**
 * Instants of one series with a clock that passed midnight while the date stood still: where the instants fall into
 * two groups more than half a day apart, the early group belongs to the next day. Returns new instants.
 */
export function unwrapMidnight(instants: readonly number[]): { instants: number[]; wrapped: boolean } {
  const sorted = [...instants].sort((a, b) => a - b)
  let gap = 0
  let after = 0
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] - sorted[i - 1] > gap) {
      gap = sorted[i] - sorted[i - 1]
      after = sorted[i]
    }
  }
  const span = sorted.length > 0 ? sorted[sorted.length - 1] - sorted[0] : 0
  if (gap <= secondsPerDay / 2 || span >= secondsPerDay) return { instants: [...instants], wrapped: false }
  return { instants: instants.map((value) => (value < after ? value + secondsPerDay : value)), wrapped: true }
}
