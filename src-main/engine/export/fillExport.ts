import { join } from 'node:path'
import { mapNames, structureNames } from '@contract'
import { partOfRun, stopIfCancelled, type Run } from '../compute/run'
import {
  completeIdentity,
  newUid,
  writeParametricMap,
  writeSecondaryCapture,
  type ObjectContext,
} from '../dicom/write'
import { writeFileAtomically } from '../files/atomic'
import { structureLabels } from '../masks'
import { mapDefinitions, type PerfusionMaps } from '../perfusion'
import { writeNifti, type VolumeSeries } from '../volume'
import { capturePictures, sliceNumbers } from './capture'
import { quantities } from './coding'
import { curvesPng } from './curves'
import { judgeMaps, type Judgement } from './judgement'
import { montagePng } from './montage'
import { writeOnePage } from './onePage/write'
import { summarise } from './summary'
import { methodNames } from './words'

/** What is written of a result. */
export interface ExportContent {
  series: VolumeSeries
  result: PerfusionMaps
  /** By the usual rule where it is absent. */
  judgement?: Judgement
  /** Write the one page of tissue at risk too. */
  onePage?: boolean
  /** False: without the labels of skull, fluid, vessels and midline, for which the voxels of the series are looked at. */
  structures?: boolean
  /** False: the curves and the summary only, of a study whose maps are not to be relied on. */
  maps?: boolean
}

/** Series numbers far from a scanner's: parametric maps from here on, the captures after them. */
const FIRST_SERIES_NUMBER = 9001
/** Volumes that are packed at the same time. */
const PACKED_AT_ONCE = 2

/** Writes the files of `exportMaps` into a folder that is empty. Throws `write-failed`. */
export async function fillExport(run: Run, folder: string, content: ExportContent): Promise<void> {
  const { series, result, judgement = judgeMaps(series, result), onePage = false } = content
  const { structures = true, maps = true } = content
  const created = new Date()
  if (maps) {
    // Volumes are packed by zlib's own threads meanwhile; both end before the folder is left.
    const written = await Promise.allSettled([
      writeVolumes(
        folder,
        result,
        judgement,
        structures ? structureLabels(series, result) : null,
        run.signal,
      ),
      writeDicom(join(folder, 'dicom'), series, result, created, partOfRun(run, 0, 0.85)),
    ])
    for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason
    run.onProgress?.(0.85, 'Drawing the montage')
    await writeFileAtomically(join(folder, 'montage.png'), await montagePng(series, result, created, run))
  }
  run.onProgress?.(0.95, 'Drawing the curves')
  await writeFileAtomically(join(folder, 'curves.png'), await curvesPng(series, result, created))
  if (onePage) {
    run.onProgress?.(0.97, 'Drawing the page')
    await writeOnePage(folder, { series, result, ...judgement, created }, run)
  }
  const summary = summarise(series, result, judgement, created)
  await writeFileAtomically(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
  stopIfCancelled(run)
  run.onProgress?.(1, 'Written')
}

async function writeVolumes(
  folder: string,
  result: PerfusionMaps,
  { assessment }: Judgement,
  structures: Uint8Array | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  const definitions = mapDefinitions(result.method)
  const { geometry, maps, mask } = result
  const labels = assessment.hypoperfusion.map((late, i) => (assessment.core[i] === 1 ? 1 : 2 * late))
  const volumes: [name: string, voxels: Float32Array | Uint8Array, description: string][] = [
    ...mapNames.map((name): [string, Float32Array, string] => [
      name,
      maps[name],
      `Umbra ${name.toUpperCase()} [${definitions[name].ucum}] ${result.method}`,
    ]),
    ['mask', mask, 'Umbra brain mask'],
    ['tissue-at-risk', labels, 'Umbra 1 core, 2 hypoperfusion'],
  ]
  if (structures) {
    const named = structureNames.map((name, i) => `${i + 1} ${name}`).join(', ')
    volumes.push(['structures', structures, `Umbra ${named}`])
  }
  const writeNext = async (): Promise<void> => {
    for (let next = volumes.shift(); next; next = volumes.shift()) {
      stopIfCancelled({ signal })
      const [name, voxels, description] = next
      await writeNifti(join(folder, `${name}.nii.gz`), geometry, voxels, { description })
    }
  }
  const written = await Promise.allSettled(Array.from({ length: PACKED_AT_ONCE }, writeNext))
  for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason
}

async function writeDicom(
  folder: string,
  series: VolumeSeries,
  result: PerfusionMaps,
  created: Date,
  run: Run,
): Promise<void> {
  const definitions = mapDefinitions(result.method)
  const source = completeIdentity(series.source)
  const captureSeries = newUid()
  const numbers = await sliceNumbers(result)
  for (const [i, name] of mapNames.entries()) {
    stopIfCancelled(run)
    const { label, definition, unit, ucum, display } = definitions[name]
    const explanation = `${definition} Unit ${unit}. Method: ${methodNames[result.method]}.`
    const context: Omit<ObjectContext, 'seriesInstanceUid' | 'seriesNumber' | 'seriesDescription'> = {
      source,
      geometry: result.geometry,
      instanceNumber: 1,
      created,
    }

    run.onProgress?.(i / mapNames.length, `Writing the parametric map of ${label}`)
    await writeParametricMap(join(folder, `${name}-parametric-map.dcm`), {
      ...context,
      seriesInstanceUid: newUid(),
      seriesNumber: FIRST_SERIES_NUMBER + i,
      seriesDescription: `${label} [${unit}]`,
      voxels: result.maps[name],
      label: name.toUpperCase(),
      explanation,
      quantity: quantities[name],
      unit: { value: ucum, scheme: 'UCUM', meaning: unit },
      display,
    })

    stopIfCancelled(run)
    run.onProgress?.((i + 0.5) / mapNames.length, `Writing the colour pictures of ${label}`)
    await writeSecondaryCapture(join(folder, `${name}-colour.dcm`), {
      ...context,
      seriesInstanceUid: captureSeries,
      seriesNumber: FIRST_SERIES_NUMBER + mapNames.length,
      seriesDescription: 'Perfusion maps in colour',
      instanceNumber: i + 1,
      explanation,
      ...(await capturePictures(result, name, numbers)),
    })
  }
}
