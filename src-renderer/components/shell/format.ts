/** "747 MB": decimal units, as file managers show them; three figures at most. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** "3 files", "1 file". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`
}

/** "12.3 s", "2 min 05 s", "1 h 04 min". */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const pad = (value: number): string => String(value).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`
}

/** "3 Nov 2026": a moment's day, on the clock of this machine. */
export function formatDay(time: string): string {
  return new Date(time).toLocaleDateString('en-GB', { dateStyle: 'medium' })
}

/** "3 Nov 2026, 16:42", with seconds where events follow each other closely. */
export function formatMoment(time: string, seconds = false): string {
  return new Date(time).toLocaleString('en-GB', {
    dateStyle: 'medium',
    timeStyle: seconds ? 'medium' : 'short',
  })
}

/** "16:42:48". */
export function formatClock(time: string): string {
  return new Date(time).toLocaleTimeString('en-GB')
}

/** DICOM "20261103" as "2026-11-03"; anything else as it is. */
export function formatDicomDate(date: string): string {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(date)
  return parts ? `${parts[1]}-${parts[2]}-${parts[3]}` : date
}

/** DICOM "Doe^John^^Dr" as "Doe, John": family and given names of the first component group. */
export function formatPersonName(name: string): string {
  const [family = '', given = '', middle = ''] = name
    .split('=')[0]
    .split('^')
    .map((part) => part.trim())
  const first = [given, middle].filter(Boolean).join(' ')
  return [family, first].filter(Boolean).join(', ')
}

/**
 * Text of a file as text: control characters, line breaks and the marks that turn writing around, by which a file could
 * pretend to be something else, become visible squares.
 */
export function plainText(text: string): string {
  return text.replace(/(?![\u00ad\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '▯')
}
