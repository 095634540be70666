import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UmbraError, type Geometry, type MapName } from '@contract'
import { openStudy, type OpenStudy } from '../dicom'
import { gridDistance, readNifti, type VolumeSeries } from '../volume'
import type { LabelledStudy } from './cohort'

interface MapVolume {
  geometry: Geometry
  voxels: Float32Array
}

/**
 * Reads the maps that a study is to be learnt from out of a folder: `cbv.nii.gz` … (NIfTI) or DICOM, each in a folder of
 * its name (`NLR_CBV`, `cbv`) or told by its series description (as Umbra exports them). `mask.nii.gz` says where they
 * are known; without it they are where one of them is not 0. Tmax follows from delay and MTT where it is not given.
 * Throws `map-missing`, `other-grid`.
 */
export async function givenMaps(
  folder: string,
  wanted: readonly MapName[],
  series: Pick<VolumeSeries, 'geometry'>,
): Promise<Pick<LabelledStudy, 'maps' | 'known'>> {
  const source = await openMaps(folder)
  try {
    const maps: LabelledStudy['maps'] = {}
    for (const name of wanted) maps[name] = await wantedMap(source, name, series.geometry, folder)
    const mask = await niftiVolume(folder, 'mask')
    if (mask) onGrid('mask', mask, series.geometry, folder)
    return { maps, known: mask ? mask.voxels.map(above) : knownWhere(Object.values(maps)) } as Pick<
      LabelledStudy,
      'maps' | 'known'
    >
  } finally {
    await source.close()
  }
}

const above = (value: number): number => (value > 0.5 ? 1 : 0)

function knownWhere(maps: Float32Array[]): Uint8Array {
  return Uint8Array.from(maps[0], (_, i) => (maps.some((map) => map[i] !== 0) ? 1 : 0))
}

interface MapSource {
  read(name: MapName): Promise<MapVolume | null>
  close(): Promise<void>
}

async function wantedMap(
  source: MapSource,
  name: MapName,
  grid: Geometry,
  folder: string,
): Promise<Float32Array> {
  const found = await source.read(name)
  if (found) return onGrid(name, found, grid, folder)
  const [delay, mtt] = name === 'tmax' ? [await source.read('delay'), await source.read('mtt')] : [null, null]
  if (delay && mtt) {
    const transit = onGrid('mtt', mtt, grid, folder)
    return onGrid('delay', delay, grid, folder).map((value, i) => value + transit[i] / 2)
  }
  throw new UmbraError({
    code: 'map-missing',
    message: `There is no ${name.toUpperCase()} map to learn from.`,
    hint: `Put ${name}.nii.gz there, or the map as DICOM in a folder ${name.toUpperCase()}.`,
    where: folder,
  })
}

/** Largest distance of the two grids, in pixels. */
const FARTHEST = 0.5

function onGrid(name: string, { geometry, voxels }: MapVolume, grid: Geometry, where: string): Float32Array {
  const sizes = geometry.size.some((length, axis) => length !== grid.size[axis])
  const distance = sizes ? 0 : gridDistance(geometry, grid)
  if (!sizes && distance <= FARTHEST * Math.min(...grid.spacing)) return voxels
  throw new UmbraError({
    code: 'other-grid',
    message: sizes
      ? `${name} has ${geometry.size.join(' × ')} voxels, its series ${grid.size.join(' × ')}.`
      : `${name} lies up to ${distance.toFixed(1)} mm beside its series: its voxels are in another order or place.`,
    hint: 'Give the maps on the grid of the registered series.',
    where,
  })
}

async function niftiVolume(folder: string, name: string): Promise<MapVolume | null> {
  const path = [`${name}.nii.gz`, `${name}.nii`].map((file) => join(folder, file)).find(existsSync)
  return path ? readNifti(path) : null
}

async function openMaps(folder: string): Promise<MapSource> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw new UmbraError({ code: 'map-missing', message: 'There is no folder of maps.', where: folder })
  })
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  let all: Promise<OpenStudy> | null = null
  return {
    read: async (name) => {
      const nifti = await niftiVolume(folder, name)
      if (nifti) return nifti
      const own = folders.find((each) => isNamed(each, name))
      if (own === undefined) return pictureSeries(await (all ??= openStudy([folder])), name)
      const opened = await openStudy([join(folder, own)])
      const found = await pictureSeries(opened, null).finally(() => opened.close())
      if (found) return found
      throw new UmbraError({
        code: 'map-missing',
        message: `The folder ${own} holds no map that can be read.`,
        hint: 'Look at it with `umbra info`, which says what each file is.',
        where: join(folder, own),
      })
    },
    close: async () => (await all)?.close(),
  }
}

/** NLR_CBV, "CBV [ml/100 g]", cbv; but not "Tmax (delay + MTT/2)" for the delay. */
const isNamed = (text: string, name: MapName): boolean =>
  new RegExp(`^(nlr[_ -])?${name}(?![a-z])`, 'i').test(text)

/** The series of a map, by its description or, with null, the one with most slices; null where there is none. */
async function pictureSeries(opened: OpenStudy, name: MapName | null): Promise<MapVolume | null> {
  const [chosen] = opened.catalogue.studies
    .flatMap(({ series }) => series)
    .filter(
      ({ description, timePoints }) => timePoints === 1 && (name === null || isNamed(description, name)),
    )
    .sort((a, b) => b.size[2] - a.size[2])
  if (!chosen) return null
  const { geometry, voxels, slope, intercept } = await opened.load(chosen.key)
  return { geometry, voxels: Float32Array.from(voxels, (value) => value * slope + intercept) }
}
