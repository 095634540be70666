import { join } from 'node:path'
import type { QualityLine } from '@contract'
import { stopIfCancelled, type Run } from '../../compute/run'
import { completeIdentity, newUid, writeEncapsulatedPdf, writePageCapture } from '../../dicom/write'
import { writeFileAtomically } from '../../files/atomic'
import type { PerfusionMaps } from '../../perfusion'
import type { TissueAtRiskAssessment } from '../../tissueAtRisk'
import type { VolumeSeries } from '../../volume'
import { encodePng, type Picture } from '../raster'
import { onePageContent } from './content'
import { onePagePdf } from './pdf'
import { onePagePicture } from './picture'

export interface OnePageRequest {
  series: VolumeSeries
  result: PerfusionMaps
  assessment: TissueAtRiskAssessment
  quality: readonly QualityLine[]
  created: Date
}

/** After the series of the maps, so that it stands beside them in an archive. */
const SERIES_NUMBER = 9021

/** The one page as a PNG file. */
export async function onePagePng({
  series,
  result,
  assessment,
  quality,
  created,
}: OnePageRequest): Promise<Uint8Array> {
  const content = onePageContent(series, result, assessment, quality, created)
  return encodePng(await onePagePicture(content, series, result, assessment))
}

/**
 * Writes the one page of tissue at risk and quality into a folder: `tissue-at-risk.pdf`, `tissue-at-risk.png`, and for
 * archives `dicom/tissue-at-risk-page.dcm` (Secondary Capture) and `dicom/tissue-at-risk-report.dcm` (Encapsulated PDF).
 */
export async function writeOnePage(folder: string, request: OnePageRequest, run: Run = {}): Promise<void> {
  const { series, result, assessment, quality, created } = request
  const content = onePageContent(series, result, assessment, quality, created)
  const picture = await onePagePicture(content, series, result, assessment)
  stopIfCancelled(run)
  const pdf = await onePagePdf(content, series, result, assessment, created)
  await writeFileAtomically(join(folder, 'tissue-at-risk.png'), encodePng(picture))
  await writeFileAtomically(join(folder, 'tissue-at-risk.pdf'), pdf)
  stopIfCancelled(run)
  const context = {
    source: completeIdentity(series.source),
    geometry: result.geometry,
    seriesDescription: 'Tissue at risk',
    instanceNumber: 1,
    created,
  }
  await writePageCapture(join(folder, 'dicom', 'tissue-at-risk-page.dcm'), {
    ...context,
    seriesInstanceUid: newUid(),
    seriesNumber: SERIES_NUMBER,
    pixels: withoutAlpha(picture),
    rows: picture.height,
    columns: picture.width,
    explanation: `Tissue at risk by ${content.method}. ${content.verdict}`,
  })
  await writeEncapsulatedPdf(join(folder, 'dicom', 'tissue-at-risk-report.dcm'), {
    ...context,
    seriesInstanceUid: newUid(),
    seriesNumber: SERIES_NUMBER + 1,
    title: content.title,
    pdf,
  })
}

function withoutAlpha({ pixels }: Picture): Uint8Array {
  const rgb = new Uint8Array((pixels.length / 4) * 3)
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    rgb[to] = pixels[from]
    rgb[to + 1] = pixels[from + 1]
    rgb[to + 2] = pixels[from + 2]
  }
  return rgb
}
