import { stopIfCancelled, type Run } from '../compute/run'
import type { VolumeSeries } from '../volume'
import { ECHO_TIME_MS } from './dicom/dataset'
import type { Phantom } from './phantom'
import { frameRenderer } from './render'
import { deterministicUid } from './uid'

/** A phantom's images as a series in memory, as reading its DICOM files would give it: all frames at once. */
export async function phantomSeries(phantom: Phantom, run: Run = {}): Promise<VolumeSeries> {
  const { options, geometry, frames, times } = phantom
  const length = geometry.size[0] * geometry.size[1] * geometry.size[2]
  const voxels = new Int16Array(new SharedArrayBuffer(frames * length * 2))
  const render = frameRenderer(phantom)
  for (let frame = 0; frame < frames; frame++) {
    stopIfCancelled(run)
    voxels.set(render(frame), frame * length)
    run.onProgress?.((frame + 1) / frames, 'Images')
    await new Promise(setImmediate)
  }
  const mr = options.modality === 'mr'
  return {
    key: deterministicUid(options, 'series'),
    kind: mr ? 'mr-perfusion' : 'ct-perfusion',
    modality: mr ? 'MR' : 'CT',
    description: 'Digital perfusion phantom',
    geometry,
    frames,
    voxels,
    slope: 1,
    intercept: 0,
    unit: mr ? 'counts' : 'HU',
    times,
    echoTime: mr ? ECHO_TIME_MS / 1000 : null,
    window: mr ? { center: 600, width: 1200 } : { center: 40, width: 80 },
    source: {
      studyInstanceUid: deterministicUid(options, 'study'),
      seriesInstanceUid: deterministicUid(options, 'series'),
      frameOfReference: geometry.frameOfReference,
      patientId: `UMBRA-${options.kind.toUpperCase()}-${options.seed}`,
      patientName: options.kind === 'kudo' ? 'PHANTOM^KUDO' : 'PHANTOM^HEAD',
      patientBirthDate: '',
      patientSex: 'O',
      studyDate: '20240115',
      studyTime: '101530',
      studyId: '1',
      studyDescription: 'Digital perfusion phantom, research use only',
      accessionNumber: '',
      referringPhysician: '',
      seriesDescription: 'Digital perfusion phantom',
      instances: [],
    },
    warnings: [],
  }
}
