/** Date of every phantom study: part of what makes two runs the same. */
const FIRST_DAY = Date.UTC(2024, 0, 15)
const DAY = 86_400

/** Seconds of the day of HH:MM:SS(.ffffff). */
export function secondsOfDay(startTime: string): number {
  const [hours, minutes, seconds] = startTime.split(':').map(Number)
  return hours * 3600 + minutes * 60 + seconds
}

/** DICOM date and time (DA, TM with microseconds) so many seconds after the midnight before the first time point. */
export function dicomMoment(secondsFromMidnight: number): { date: string; time: string } {
  const microseconds = Math.round(secondsFromMidnight * 1e6)
  const day = Math.floor(microseconds / (DAY * 1e6))
  const inDay = microseconds - day * DAY * 1e6
  const seconds = Math.floor(inDay / 1e6)
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = new Date(FIRST_DAY + day * DAY * 1000)
  return {
    date: `${date.getUTCFullYear()}${two(date.getUTCMonth() + 1)}${two(date.getUTCDate())}`,
    time: `${two(Math.floor(seconds / 3600))}${two(Math.floor(seconds / 60) % 60)}${two(seconds % 60)}.${String(inDay % 1e6).padStart(6, '0')}`,
  }
}
