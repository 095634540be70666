export type CsvField = string | number | null

/** Rows as RFC 4180 has them, with a field that a spreadsheet would take for a formula made text. */
export function csv(rows: CsvField[][]): string {
  const field = (value: CsvField): string => {
    if (value === null) return ''
    if (typeof value === 'number') return String(value)
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
  }
  return rows.map((row) => row.map(field).join(',')).join('\r\n') + '\r\n'
}
