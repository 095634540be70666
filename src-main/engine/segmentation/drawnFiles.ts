import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UmbraError, type CodedTerm, type Geometry } from '@contract'
import { readSegmentation } from '../dicom'
import { readStoredNifti } from '../volume'
import { isLabelDescription, readLabelDescription, type DescribedLabel } from './labelDescription'
import { isDicom } from './read'

/** A drawing made elsewhere: its grid, and what its labels are called. */
export interface DrawnFile {
  path: string
  kind: 'nifti' | 'seg'
  geometry: Geometry
  /** Those with voxels, in order. */
  labels: FileLabel[]
}

export interface FileLabel {
  value: number
  name: string | null
  colour: string | null
  term: CodedTerm | null
  voxels: number
}

/** Beyond this many values, a NIfTI file is a picture. */
const MOST_LABELS = 256

/**
 * The drawings among `paths` and the label descriptions among them: one that is given counts for every labelmap; else
 * one that lies beside it (of its name, or `labels.txt`). Throws `no-drawing`, or the problem of a file.
 */
export async function describeDrawnFiles(paths: readonly string[]): Promise<DrawnFile[]> {
  const drawings: string[] = []
  const described: DescribedLabel[] = []
  let given = false
  for (const path of paths) {
    if (await isLabelDescription(path)) {
      described.push(...(await readLabelDescription(path)))
      given = true
    } else drawings.push(path)
  }
  if (drawings.length === 0) {
    throw new UmbraError({
      code: 'no-drawing',
      message: 'There is a label description, but no drawing.',
      hint: 'Choose the NIfTI file too.',
      where: paths[0],
    })
  }
  const files: DrawnFile[] = []
  for (const path of drawings) {
    files.push(
      (await isDicom(path)) ? describeSeg(path) : await describeNifti(path, given ? described : null),
    )
  }
  return files
}

function describeSeg(path: string): DrawnFile {
  const { geometry, type, segments, frames } = readSegmentation(path)
  const voxels = new Map<number, number>()
  const add = (segment: number, count: number): void =>
    void voxels.set(segment, (voxels.get(segment) ?? 0) + count)
  for (const { segment, pixels } of frames) {
    for (const value of pixels) {
      if (segment === null) {
        if (value > 0) add(value, 1)
      } else if (value > 0 && (type === 'BINARY' || value >= 0.5)) add(segment, 1)
    }
  }
  const known = new Map(segments.map((segment) => [segment.number, segment]))
  return {
    path,
    kind: 'seg',
    geometry,
    labels: sorted(voxels).map(([value, count]) => {
      const segment = known.get(value)
      return {
        value,
        name: segment?.label || null,
        colour: segment?.colour ?? null,
        term: segment?.term ?? null,
        voxels: count,
      }
    }),
  }
}

async function describeNifti(path: string, given: readonly DescribedLabel[] | null): Promise<DrawnFile> {
  const { geometry, stored, slope, intercept } = await readStoredNifti(path)
  const counts = new Map<number, number>()
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i] * slope + intercept
    if (value === 0) continue
    counts.set(value, (counts.get(value) ?? 0) + 1)
    if (counts.size > MOST_LABELS) {
      throw new UmbraError({
        code: 'not-labels',
        message: `It holds more than ${MOST_LABELS} different values: it is a picture, not a labelmap.`,
        hint: 'Choose the segmentation that was saved, not the image it was drawn on.',
        where: path,
      })
    }
  }
  const described = given ?? (await descriptionBeside(path))
  return {
    path,
    kind: 'nifti',
    geometry,
    labels: sorted(counts).map(([value, voxels]) => {
      const label = described.find((each) => each.value === value)
      return { value, name: label?.name ?? null, colour: label?.colour ?? null, term: null, voxels }
    }),
  }
}

const sorted = (counts: ReadonlyMap<number, number>): [number, number][] =>
  [...counts].sort(([one], [other]) => one - other)

/** The name of a labelmap without what says its format. */
export const stemOfDrawing = (path: string): string => basename(path).replace(/\.nii(\.gz)?$|\.dcm$/i, '')

/** The label description that belongs to a labelmap; none is no fault, nor is a text that is no description. */
async function descriptionBeside(path: string): Promise<DescribedLabel[]> {
  const stem = stemOfDrawing(path).toLowerCase()
  const names = await readdir(dirname(path)).catch(() => [])
  const wanted = [`${stem}.txt`, `${stem}.label`, `${stem}.labels.txt`, 'labels.txt']
  for (const name of wanted) {
    const found = names.find((each) => each.toLowerCase() === name)
    if (!found) continue
    const beside = join(dirname(path), found)
    if (await isLabelDescription(beside)) return readLabelDescription(beside)
  }
  return []
}
