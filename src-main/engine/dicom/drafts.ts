import { arrange, volumeOf, type Arrangement } from './arrange'
import { joinable } from './join'
import { kindOf, type Kind } from './kind'
import { groupBy, least, type Instance, type LeftOut, type Slice } from './slices'
import { splitSeries } from './stacks'

/** A series before it has its key: joined, split or as written. */
export interface Draft {
  instances: Instance[]
  slices: Slice[]
  arrangement: Arrangement | null
  decided: Kind
  distinction: string
  warnings: string[]
  leftOut: LeftOut[]
}

/** The series of one study: as written, split where one holds what does not lie on one grid, joined where several are one. */
export function draftsOf(instances: readonly Instance[]): Draft[] {
  const drafts: Draft[] = []
  for (const members of groupBy(instances, ({ header }) => header.seriesUid).values()) {
    const images = members.filter(({ header }) => header.frames.length > 0)
    const others = members.filter(({ header }) => header.frames.length === 0)
    for (const stack of splitSeries(inOrder(images))) drafts.push(...draftsOfStack(stack.slices, stack))
    if (others.length > 0) drafts.push(notImages(others))
  }
  const single = drafts.flatMap((draft) => {
    const { arrangement } = draft
    return arrangement?.frames === 1 && draft.decided.kind === 'volume'
      ? [{ ...draft, arrangement, draft }]
      : []
  })
  const joined = joinable(single)
  const members = new Set(joined.flatMap((group) => group.members.map(({ draft }) => draft)))
  const groups = joined.map(({ members: volumes, arrangement }): Draft => {
    const shown = new Set(arrangement.cells.flatMap((cell) => (cell ? [cell.instance] : [])))
    const warnings = volumes.flatMap((volume) => volume.warnings)
    const decided = kindOf(arrangement, volumes[0].slices)
    return {
      instances: [...shown],
      slices: volumes.flatMap((volume) => volume.slices),
      arrangement,
      decided: {
        ...decided,
        reason: `${decided.reason} Joined from ${volumes.length} series, one for each time point.`,
      },
      distinction: '',
      warnings: [...warnings, ...arrangement.warnings],
      leftOut: [...volumes.flatMap((volume) => volume.leftOut), ...arrangement.leftOut],
    }
  })
  return [...drafts.filter((draft) => !members.has(draft)), ...groups].sort(bySeriesNumber)
}

function inOrder(instances: readonly Instance[]): Instance[] {
  const number = ({ header }: Instance): number => header.instanceNumber ?? 0
  return [...instances].sort((a, b) => number(a) - number(b) || (a.file.name < b.file.name ? -1 : 1))
}

function bySeriesNumber(a: Draft, b: Draft): number {
  const number = ({ instances }: Draft): number =>
    least(instances.map(({ header }) => header.series.number ?? 1e9))
  return number(a) - number(b)
}

function draftsOfStack(slices: Slice[], from: { distinction: string; warnings: string[] }): Draft[] {
  const { modality } = slices[0].instance.header
  const arrangement = arrange(slices) ?? (modality === 'CT' || modality === 'MR' ? null : volumeOf(slices))
  if (!arrangement) {
    const reason = 'Several images at each position, and nothing in the headers orders them in time.'
    const decided: Kind = { kind: 'other', reason }
    const warnings = [...from.warnings, `No time information: ${reason}`]
    return [{ ...from, instances: instancesOf(slices), slices, arrangement, decided, warnings, leftOut: [] }]
  }
  const runs = runsOf(arrangement)
  if (runs.length > 1) {
    return runs.flatMap((run, index) => {
      const words = [from.distinction, `run ${index + 1} of ${runs.length}`]
        .filter((part) => part !== '')
        .join(', ')
      return draftsOfStack([...run, ...(index === 0 ? arrangement.rest : [])], {
        ...from,
        distinction: words,
      })
    })
  }
  const shown = arrangement.cells.flatMap((cell) => (cell ? [cell] : []))
  const draft: Draft = {
    instances: instancesOf(shown),
    slices: shown,
    arrangement,
    decided: kindOf(arrangement, shown),
    distinction: from.distinction,
    warnings: [...from.warnings, ...arrangement.warnings],
    leftOut: arrangement.leftOut,
  }
  if (arrangement.rest.length === 0) return [draft]
  const words = [from.distinction, 'repeated or extra positions'].filter((part) => part !== '').join(', ')
  return [draft, ...draftsOfStack(arrangement.rest, { ...from, distinction: words })]
}

/** Seconds without an image after which a series is another examination under the same number. */
const longestPause = 180
const fewestOfRun = 4

/** The slices of a time series that was scanned in several runs, one list for each; otherwise a single list. */
function runsOf({ cells, frames, slices, times }: Arrangement): Slice[][] {
  const runs: Slice[][] = [[]]
  let since = 0
  for (let frame = 0; frame < frames; frame++) {
    const row = cells.slice(frame * slices, (frame + 1) * slices).flatMap((cell) => (cell ? [cell] : []))
    const pause = frame > 0 ? times[frame * slices] - times[(frame - 1) * slices] : 0
    const enough = frame - since >= fewestOfRun && frames - frame >= fewestOfRun
    if (pause > longestPause && enough) {
      runs.push([])
      since = frame
    }
    runs[runs.length - 1].push(...row)
  }
  return runs
}

const instancesOf = (slices: readonly Slice[]): Instance[] => [
  ...new Set(slices.map(({ instance }) => instance)),
]

function notImages(instances: Instance[]): Draft {
  const { header } = instances[0]
  const reason = `Not images (${header.modality || 'no modality'}, SOP Class ${header.sopClass || 'unknown'}): no pixel data.`
  return {
    instances,
    slices: [],
    arrangement: null,
    decided: { kind: 'other', reason },
    distinction: '',
    warnings: [],
    leftOut: [],
  }
}
