import type { Run } from '../compute/run'
import { runInWorker } from '../compute/workerRun'
import type { ExportContent } from './fillExport'
import type { NetworkMaps } from './fillNetwork'
import { writeFileSet } from './fileSet'

export type { NetworkMaps } from './fillNetwork'
export { writeFileSet } from './fileSet'
export { onePagePng, writeOnePage, type OnePageRequest } from './onePage/write'
export { judgeMaps, type Judgement, type JudgementOptions } from './judgement'
export { pdfWriter } from './pdfFonts'
export { blankPicture, blit, drawSvg, encodePng, svgToPng, type Picture } from './raster'
export { summarise, type ExportSummary, type MapSummary } from './summary'
export { escapeXml, ink, label, svgDocument } from './svg'
export { NOT_FOR_DIAGNOSIS } from './words'

export interface ExportRequest extends ExportContent {
  /** Made when missing; other files in it are left alone. */
  directory: string
}

/**
 * Writes a result for other programs and for people: every map, the mask and the core and hypoperfused tissue as NIfTI,
 * `dicom/` with a parametric map per map (a series each) and a colour secondary capture per map (one series),
 * `montage.png`, `curves.png`, `summary.json`, and where it is asked for the one page (see `writeOnePage`). The folder
 * gets all of it or keeps what it had. A worker fills it, which is ended at once when the run is cancelled. Resolves to the
 * names of the files, relative to the folder. Throws `write-failed`.
 */
export async function exportMaps({ directory, ...content }: ExportRequest, run: Run = {}): Promise<string[]> {
  return writeFileSet(directory, (folder) =>
    runInWorker('judgement', 'fillExport', [folder, content], run, 'leave'),
  )
}

/**
 * Finds the tissue at risk in a network's maps and writes both, under the verdict on these maps: what rests on maps is
 * judged by its own, the rest by the study. See `exportMaps`.
 */
export async function exportNetwork(directory: string, maps: NetworkMaps, run: Run = {}): Promise<string[]> {
  return writeFileSet(directory, (folder) =>
    runInWorker('judgement', 'fillNetwork', [folder, maps], run, 'leave'),
  )
}
