import { cross, dot } from '../volume'
import { groupBy, type Instance, type Slice } from './slices'

/** Pictures that can lie on one voxel grid: same matrix, spacing, orientation and kind of value. */
export interface Stack {
  slices: Slice[]
  /** What sets it apart from the other stacks of its series, in words; '' for the only one. */
  distinction: string
  warnings: string[]
}

/** Directions closer than 0.5 degrees, spacings closer than 0.1 %, are the same. */
const cosineTolerance = Math.cos((0.5 * Math.PI) / 180)
const spacingTolerance = 1e-3

/** Splits the images of one series into stacks. Nothing is left out. */
export function splitSeries(instances: readonly Instance[]): Stack[] {
  const slices = instances.flatMap((instance) =>
    instance.header.frames.map((frame, index): Slice => ({ instance, index, frame, depth: 0 })),
  )
  const traits = traitsOf(slices)
  const stacks = [
    ...groupBy(slices, (slice) => traits.map((trait) => trait.of(slice)).join('\n')).values(),
  ].flatMap(splitByGrid)
  const matrices = new Set(slices.map((slice) => matrixOf(slice)))
  return stacks.map((group): Stack => {
    const depths = withDepth(group)
    return {
      slices: depths,
      distinction: stacks.length === 1 ? '' : describe(depths, traits),
      warnings: [
        ...(matrices.size > 1
          ? [`This series holds images of ${matrices.size} sizes; they were kept apart.`]
          : []),
      ],
    }
  })
}

interface Trait {
  label: string
  of: (slice: Slice) => string
}

const matrixOf = ({ instance: { header } }: Slice): string =>
  `${header.image?.columns} × ${header.image?.rows}`

/** What must be equal within a stack, leaving out what is equal throughout the series. */
function traitsOf(slices: readonly Slice[]): Trait[] {
  const rounded = (value: number | null): string => (value === null ? '' : value.toFixed(1))
  const traits: Trait[] = [
    { label: 'size', of: matrixOf },
    { label: 'samples', of: ({ instance: { header } }) => `${header.image?.samples}` },
    { label: 'pixel data', of: ({ instance: { header } }) => header.image?.pixels.tag ?? '' },
    { label: 'modality', of: ({ instance: { header } }) => header.modality },
    {
      label: 'scout',
      of: ({ instance: { header } }) => (header.imageType.includes('LOCALIZER') ? 'yes' : ''),
    },
    { label: 'image type', of: ({ instance: { header } }) => header.imageType[0] ?? '' },
    { label: 'mosaic', of: ({ instance: { header } }) => `${header.image?.tilesAcross}` },
    { label: 'kernel', of: ({ instance: { header } }) => header.acquisition.kernel },
    { label: 'kV', of: ({ instance: { header } }) => rounded(header.acquisition.tubeVoltage) },
    { label: 'echo time', of: ({ frame }) => rounded(frame.echoTime) },
    { label: 'b-value', of: ({ frame }) => rounded(frame.bValue) },
    { label: 'component', of: ({ frame }) => frame.component },
    { label: 'position', of: ({ frame }) => (frame.position && frame.orientation ? '' : 'without') },
  ]
  return traits.filter((trait) => {
    const first = slices.length > 0 ? trait.of(slices[0]) : ''
    return slices.some((slice) => trait.of(slice) !== first)
  })
}

function describe(slices: readonly Slice[], traits: readonly Trait[]): string {
  const named = traits.map((trait) => [trait.label, trait.of(slices[0])]).filter(([, value]) => value !== '')
  return named.map(([label, value]) => (label === 'size' ? value : `${label} ${value}`)).join(', ')
}

/** Slices of one orientation and one pixel spacing each. */
function splitByGrid(slices: readonly Slice[]): Slice[][] {
  const groups: Slice[][] = []
  for (const slice of slices) {
    const group = groups.find(([first]) => sameGrid(first, slice))
    if (group) group.push(slice)
    else groups.push([slice])
  }
  return groups
}

export function sameGrid({ frame: a }: Slice, { frame: b }: Slice): boolean {
  if ((a.orientation === null) !== (b.orientation === null)) return false
  if (a.orientation && b.orientation) {
    if (dot(a.orientation[0], b.orientation[0]) < cosineTolerance) return false
    if (dot(a.orientation[1], b.orientation[1]) < cosineTolerance) return false
  }
  if (a.spacing && b.spacing) {
    if (Math.abs(a.spacing[0] / b.spacing[0] - 1) > spacingTolerance) return false
    if (Math.abs(a.spacing[1] / b.spacing[1] - 1) > spacingTolerance) return false
  }
  return true
}

/** Depth along the normal of the first slice; in file order where there is no position. */
function withDepth(slices: readonly Slice[]): Slice[] {
  const axes = slices[0].frame.orientation
  const normal = axes && cross(axes[0], axes[1])
  return slices.map((slice, index) => ({
    ...slice,
    depth: normal && slice.frame.position ? dot(slice.frame.position, normal) : index,
  }))
}
