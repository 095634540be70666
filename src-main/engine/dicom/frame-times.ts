import type { DataSet } from 'dicom-parser'
import { instant, parseDate, parseDateTime, parseTime } from './clock'
import type { Frame } from './header'
import { double, firstDecimal, firstString } from './values'

/**
 * Every time a frame states of itself, by its source. `content` is its Frame Content item, or the data set itself;
 * `temporal` its Temporal Position items; `old` looks an attribute up as a classic object has it.
 */
export function instantsOf(
  root: DataSet,
  content: DataSet,
  temporal: DataSet[],
  old: (read: (dataSet: DataSet) => number | null) => number | null,
): Frame['instants'] {
  const found: Frame['instants'] = {}
  const put = (source: keyof Frame['instants'], value: number | null): void => {
    if (value !== null) found[source] ??= value
  }
  const dateTime = (dataSet: DataSet, tag: string): number | null => parseDateTime(firstString(dataSet, tag))
  const date = (...tags: string[]): number | null => {
    for (const tag of tags) {
      const value = old((dataSet) => parseDate(firstString(dataSet, tag)))
      if (value !== null) return value
    }
    return null
  }
  const time = (tag: string): number | null => old((dataSet) => parseTime(firstString(dataSet, tag)))
  if (content !== root) {
    put('frame', dateTime(content, 'x00189074'))
    put('reference', dateTime(content, 'x00189151'))
  }
  put('acquisition', instant(date('x00080022', 'x00080021', 'x00080020'), time('x00080032')))
  put(
    'acquisition',
    old((dataSet) => dateTime(dataSet, 'x0008002a')),
  )
  for (const dataSet of temporal) put('offset', double(dataSet, 'x0020930d'))
  put('offset', thousandth(old((dataSet) => firstDecimal(dataSet, 'x00541300'))))
  put('offset', philipsDynamicStart(root))
  put('trigger', thousandth(old((dataSet) => firstDecimal(dataSet, 'x00181060'))))
  put('content', instant(date('x00080023', 'x00080021', 'x00080020'), time('x00080033')))
  put('series', instant(date('x00080021', 'x00080020'), time('x00080031')))
  return found
}

const thousandth = (value: number | null): number | null => (value === null ? null : value / 1000)

/** Philips MR writes the seconds from the start of a dynamic scan in a private attribute, and one time for all images. */
function philipsDynamicStart(root: DataSet): number | null {
  const element = root.elements.x200510a0
  if (!element || element.length !== 4 || !firstString(root, 'x20050010').startsWith('Philips MR')) {
    return null
  }
  const value = root.float('x200510a0')
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : null
}
