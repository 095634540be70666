import { trainingConfigText } from '@contract'

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function fieldsOf(text: string): Fields | null {
  try {
    const config: unknown = JSON.parse(text)
    return isFields(config) ? config : null
  } catch {
    return null
  }
}

/** What a configuration learns from; null where its text is no configuration. */
export function dataOf(text: string): Fields | null {
  const data = fieldsOf(text)?.data
  return isFields(data) ? data : null
}

/** The share of patients that judge where a configuration lets too many of them. */
const JUDGES = 0.2

/**
 * The configuration with other data. Where `patients` are fewer than what it lets judge, a fifth of them judge; a split
 * that names patients is that of the data before, and goes. Null where the text is no configuration.
 */
export function withData(text: string, data: object, patients: number | null = null): string | null {
  const config = fieldsOf(text)
  if (config === null) return null
  const { data: _data, split, name, ...rest } = config
  const { patients: _named, ...kept } = isFields(split) ? split : {}
  const validation = Number(kept.validation ?? 15)
  const judges =
    patients !== null && validation >= patients ? Math.max(1, Math.round(patients * JUDGES)) : null
  const adapted = judges === null ? kept : { ...kept, validation: judges }
  return trainingConfigText({
    ...(name === undefined ? {} : { name }),
    data,
    ...rest,
    ...(Object.keys(adapted).length > 0 ? { split: adapted } : {}),
  })
}
