import type { DataSet } from 'dicom-parser'
import type { Vec3 } from '@contract'
import { instantsOf } from './frame-times'
import type { Frame } from './header'
import { decimals, double, firstDecimal, firstString, items, strings, unsigned32, vector } from './values'

/** Where the attributes of one frame may stand: its own functional groups, the shared ones, the data set itself. */
type Scope = (macro: string) => DataSet[]

/**
 * The frames of a data set: one for each item of the Per-Frame Functional Groups Sequence (PS3.3 §C.7.6.16), or
 * `count` frames that share the attributes of a classic single-frame object.
 */
export function framesOf(root: DataSet, count: number, warnings: string[]): Frame[] {
  const shared = items(root, 'x52009229')[0]
  const perFrame = items(root, 'x52009230')
  if (perFrame.length > 0 && perFrame.length !== count) {
    warnings.push(`Number of Frames (0028,0008) is ${count}, but ${perFrame.length} frames are described.`)
  }
  const timeDimension = timeDimensionOf(root)
  if (perFrame.length === 0) {
    const alone = [root]
    const scope: Scope = shared ? (macro) => [...items(shared, macro), root] : () => alone
    const frame = frameIn(scope, root, timeDimension, warnings)
    const offsets = decimals(root, 'x3004000c')
    return Array.from({ length: count }, (_, index) => ({
      ...frame,
      position: classicPosition(frame, index, count, offsets),
    }))
  }
  return Array.from({ length: count }, (_, index) => {
    const own = perFrame[Math.min(index, perFrame.length - 1)]
    return frameIn(
      (macro) => [...items(own, macro), ...items(shared, macro), root],
      root,
      timeDimension,
      warnings,
    )
  })
}

/** Frames of a classic multi-frame object: only a dose grid says where they lie (Grid Frame Offset Vector). */
function classicPosition(
  frame: Frame,
  index: number,
  count: number,
  offsets: (number | null)[],
): Vec3 | null {
  const { position, orientation } = frame
  if (count === 1 || !position || !orientation) return count === 1 ? position : null
  const [first, offset] = [offsets[0] ?? null, offsets[index] ?? null]
  if (first === null || offset === null) return null
  const [row, column] = orientation
  const step = offset - first
  const along = (a: 0 | 1 | 2, b: 0 | 1 | 2): number => step * (row[a] * column[b] - row[b] * column[a])
  return [position[0] + along(1, 2), position[1] + along(2, 0), position[2] + along(0, 1)]
}

/** Which Dimension Index Value counts time, in objects that leave out Temporal Position Index; -1 for none. */
function timeDimensionOf(root: DataSet): number {
  const pointers = items(root, 'x00209222').map((item) => item.attributeTag('x00209165'))
  return pointers.findIndex((tag) => tag === 'x00209128' || tag === 'x00189074' || tag === 'x0020930d')
}

function frameIn(scope: Scope, root: DataSet, timeDimension: number, warnings: string[]): Frame {
  const find = <T>(macro: string, read: (dataSet: DataSet) => T | null): T | null => {
    for (const dataSet of scope(macro)) {
      const value = read(dataSet)
      if (value !== null) return value
    }
    return null
  }
  const content = scope('x00209111')[0]
  const legacy = [...scope('x00209171'), ...scope('x00209170')].filter((dataSet) => dataSet !== root)
  const old = (read: (dataSet: DataSet) => number | null): number | null => {
    for (const dataSet of [...legacy, root]) {
      const value = read(dataSet)
      if (value !== null) return value
    }
    return null
  }
  return {
    position: find('x00209113', (dataSet) => vector(dataSet, 'x00200032', 3)) as Vec3 | null,
    orientation: orientationOf(
      find('x00209116', (dataSet) => vector(dataSet, 'x00200037', 6)),
      warnings,
    ),
    spacing: spacingOf(find('x00289110', pixelSpacing), warnings),
    thickness: find('x00289110', (dataSet) => firstDecimal(dataSet, 'x00180050')),
    ...rescaleIn(scope('x00289145'), warnings),
    instants: instantsOf(root, content, scope('x00209310'), old),
    temporalPosition:
      old((dataSet) => firstDecimal(dataSet, 'x00200100')) ??
      unsigned32(content, 'x00209128') ??
      dimensionValue(content, timeDimension),
    acquisitionNumber:
      unsigned32(content, 'x00209156') ?? old((dataSet) => firstDecimal(dataSet, 'x00200012')),
    echoTime: find(
      'x00189114',
      (dataSet) => double(dataSet, 'x00189082') ?? milliseconds(dataSet, 'x00180081'),
    ),
    bValue: find('x00189117', bValueOf),
    component: componentOf(scope('x00189226')),
    window: windowIn(scope('x00289132')),
  }
}

const milliseconds = (dataSet: DataSet, tag: string): number | null => firstDecimal(dataSet, tag)

function dimensionValue(content: DataSet, dimension: number): number | null {
  const element = content.elements.x00209157
  if (dimension < 0 || !element || element.length < 4 * (dimension + 1)) return null
  return content.uint32('x00209157', dimension) ?? null
}

function pixelSpacing(dataSet: DataSet): (number | null)[] | null {
  for (const tag of ['x00280030', 'x00181164', 'x00182010']) {
    const values = decimals(dataSet, tag)
    if (values.length > 0) return values
  }
  return null
}

/** Pixel Spacing is [between rows, between columns], that is [y, x]; ours is [x, y]. */
function spacingOf(values: (number | null)[] | null, warnings: string[]): [number, number] | null {
  if (values === null) return null
  const [between, along] = [values[0] ?? 0, values[1] ?? values[0] ?? 0]
  if (values.length !== 2) {
    warnings.push(`Pixel Spacing (0028,0030) has ${values.length} value(s) instead of 2.`)
  }
  if (!(between > 0 && along > 0)) {
    warnings.push('Pixel Spacing (0028,0030) is not above zero and was ignored.')
    return null
  }
  return [along, between]
}

function orientationOf(values: number[] | null, warnings: string[]): [Vec3, Vec3] | null {
  if (values === null) return null
  const row = normalised([values[0], values[1], values[2]])
  const column = normalised([values[3], values[4], values[5]])
  const skew = row && column ? Math.abs(row[0] * column[0] + row[1] * column[1] + row[2] * column[2]) : 1
  if (row && column && skew < 0.05) return [row, column]
  warnings.push('Image Orientation (0020,0037) is not two perpendicular directions and was ignored.')
  return null
}

function normalised(vector: Vec3): Vec3 | null {
  const length = Math.hypot(...vector)
  if (Math.abs(length - 1) > 0.1) return null
  return [vector[0] / length, vector[1] / length, vector[2] / length]
}

function rescaleIn(dataSets: DataSet[], warnings: string[]): { slope: number; intercept: number } {
  const dataSet = dataSets.find((candidate) => candidate.elements.x00281053 || candidate.elements.x00281052)
  if (!dataSet) return { slope: 1, intercept: 0 }
  const slope = rescaleValue(dataSet, 'x00281053', 'Rescale Slope (0028,1053)', 1, warnings)
  const intercept = rescaleValue(dataSet, 'x00281052', 'Rescale Intercept (0028,1052)', 0, warnings)
  if (slope !== 0) return { slope, intercept }
  warnings.push('Rescale Slope (0028,1053) is 0; 1 was used, so the values may not be in their unit.')
  return { slope: 1, intercept }
}

function rescaleValue(
  dataSet: DataSet,
  tag: string,
  name: string,
  missing: number,
  warnings: string[],
): number {
  const value = firstDecimal(dataSet, tag)
  if (value !== null) return value
  const written = firstString(dataSet, tag)
  const withPoint = Number(written.replace(',', '.'))
  if (/^[+-]?\d+,\d+$/.test(written)) {
    warnings.push(`${name} is written with a comma ("${written}") and was read as ${withPoint}.`)
    return withPoint
  }
  warnings.push(
    `${name} is not a number ("${written}"); ${missing} was used, so the values may not be in their unit.`,
  )
  return missing
}

/** The b-value of the standard, or of Siemens, GE and Philips private attributes. */
function bValueOf(dataSet: DataSet): number | null {
  const standard = double(dataSet, 'x00189087')
  if (standard !== null) return standard
  if (firstString(dataSet, 'x00190010') === 'SIEMENS MR HEADER') return firstDecimal(dataSet, 'x0019100c')
  if (firstString(dataSet, 'x00430010') === 'GEMS_PARM_01') {
    const value = firstDecimal(dataSet, 'x00431039')
    return value === null ? null : value % 1e6
  }
  if (
    firstString(dataSet, 'x20010010') === 'Philips Imaging DD 001' &&
    dataSet.elements.x20011003?.length === 4
  ) {
    return dataSet.float('x20011003') ?? null
  }
  return null
}

const components: Record<string, string> = {
  M: 'magnitude',
  P: 'phase',
  R: 'real',
  I: 'imaginary',
  MAGNITUDE: 'magnitude',
  PHASE: 'phase',
  REAL: 'real',
  IMAGINARY: 'imaginary',
}

function componentOf(dataSets: DataSet[]): string {
  for (const dataSet of dataSets) {
    const named = components[firstString(dataSet, 'x00089208')]
    if (named) return named
    const typed = strings(dataSet, 'x00080008')
      .slice(2)
      .map((value) => components[value])
    const found = typed.find((value) => value !== undefined)
    if (found) return found
  }
  return ''
}

function windowIn(dataSets: DataSet[]): Frame['window'] {
  for (const dataSet of dataSets) {
    const center = firstDecimal(dataSet, 'x00281050')
    const width = firstDecimal(dataSet, 'x00281051')
    if (center !== null && width !== null && width > 0) return { center, width }
  }
  return null
}
