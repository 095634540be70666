import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { usualStructures, type Geometry } from '@contract'
import {
  completeIdentity,
  newUid,
  uidOf,
  withoutIdentity,
  writeMeasurementReport,
  writeSegmentation,
} from '../../src-main/engine/dicom/write'
import { onGrid, readStructures } from '../../src-main/engine/segmentation'
import { voxelVolume } from '../../src-main/engine/volume'
import { sourceOf } from '../unit/export/fixtures'
import { axial, oblique, reversed, tilted } from '../unit/volume/grids'
import { hasProgram, hasPython, python, standardErrors } from './peers'

const sized = (grid: Geometry): Geometry => ({ ...grid, size: [23, 19, 5] })
const grids: [string, Geometry][] = [
  ['axial', sized(axial)],
  ['oblique', sized(oblique)],
  ['reversed', sized(reversed)],
  ['tilted', sized(tilted)],
]

/** A core inside its penumbra, neither on all slices: voxels of both, as a formula. */
function drawn({ size: [nx, ny, nz] }: Geometry): [Uint8Array, Uint8Array] {
  const core = new Uint8Array(nx * ny * nz)
  const penumbra = new Uint8Array(nx * ny * nz)
  for (let z = 1; z < nz - 1; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const radius = Math.hypot(x - 9, y - 8)
        const at = (z * ny + y) * nx + x
        if (radius < 3 && z < 3) core[at] = 1
        if (radius < 6 || x === y) penumbra[at] = 1
      }
    }
  }
  return [core, penumbra]
}

async function writeReading(folder: string, geometry: Geometry, identified: boolean): Promise<number[]> {
  const layers = drawn(geometry)
  const { frameOfReference } = geometry
  const known = sourceOf(geometry, { frameOfReference })
  const source = completeIdentity(identified ? known : withoutIdentity(known, 'case-1'))
  const seriesInstanceUid = newUid()
  const context = {
    source,
    geometry,
    seriesNumber: 9101,
    instanceNumber: 1,
    created: new Date(),
    deidentified: !identified,
    creator: identified ? 'Müller^Zoë' : 'rater-1^',
  }
  const segments = usualStructures.map(({ key, name, colour, term }, s) => ({
    label: name,
    description: `${name}, drawn on CBV`,
    category: { value: '49755003', scheme: 'SCT', meaning: 'Morphologically Abnormal Structure' },
    type: term,
    colour,
    trackingId: `reading ${key}`,
    trackingUid: uidOf(`reading ${key}`),
    voxels: layers[s],
  }))
  const sopInstanceUid = await writeSegmentation(join(folder, 'reading.seg.dcm'), {
    ...context,
    seriesInstanceUid,
    seriesDescription: 'Reading',
    segments,
    assistance: identified ? null : 'Umbra drawing tools with thresholds',
    explanation: 'Drawn on CBV',
  })
  const volumes = layers.map(
    (layer) => (layer.reduce((sum, one) => sum + one, 0) * voxelVolume(geometry)) / 1000,
  )
  await writeMeasurementReport(join(folder, 'reading.sr.dcm'), {
    ...context,
    seriesInstanceUid: newUid(),
    seriesDescription: 'Volumes',
    modality: 'CT',
    segmentation: { sopInstanceUid, seriesInstanceUid },
    measured: segments.map((segment, s) => ({ ...segment, millilitres: volumes[s] })),
    complete: true,
  })
  return volumes
}

let root: string
const volumes = new Map<string, number[]>()
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-reading-files-'))
  for (const [name, grid] of grids) {
    for (const identified of [true, false]) {
      const folder = `${name}-${identified}`
      volumes.set(folder, await writeReading(join(root, folder), grid, identified))
    }
  }
})
afterAll(() => rm(root, { recursive: true, force: true }))

const structures = usualStructures.map(({ name, label }) => ({ name, values: [label] }))

describe('a reading as DICOM SEG', () => {
  it.each(grids)('reads back bit for bit, overlaps and empty slices too (%s)', async (name, grid) => {
    const path = join(root, `${name}-true`, 'reading.seg.dcm')
    const { bits, notes } = onGrid(await readStructures(path, structures), grid, path)
    const [core, penumbra] = drawn(grid)
    expect(Array.from(bits)).toEqual(Array.from(core, (inside, i) => inside | (penumbra[i] << 1)))
    expect(notes.filter((note) => note.includes('outside'))).toEqual([])
  })
})

describe.skipIf(!hasProgram('dciodvfy'))('dciodvfy finds no error', () => {
  it.each(grids.flatMap(([name]) => [`${name}-true`, `${name}-false`]))('%s', (folder) => {
    expect(standardErrors(join(root, folder, 'reading.seg.dcm'))).toEqual([])
    expect(standardErrors(join(root, folder, 'reading.sr.dcm'))).toEqual([])
  })
})

interface SegPeer {
  numbers: number[]
  labels: string[]
  types: [string, string][]
  algorithm: string[]
  tracking: string[]
  marked: number[][]
  frames: number
  patient: string
  removed: string
  creator: string
  referenced: number
  volume: number[]
}

const peer = `
import json, sys, numpy as np, highdicom as hd
def segmentation(path, unsheared):
  seg = hd.seg.segread(path)
  uids = sorted(seg.get_source_image_uids(), key=lambda u: int(u[2].split('.')[-1]))
  pixels = seg.get_pixels_by_source_instance([u[2] for u in uids])
  described = [seg.get_segment_description(n) for n in seg.segment_numbers]
  return {
    'numbers': list(seg.segment_numbers),
    'labels': [d.segment_label for d in described],
    'types': [[d.segmented_property_type.value, d.segmented_property_type.scheme_designator] for d in described],
    'algorithm': [d.algorithm_type.value for d in described],
    'tracking': [d.tracking_uid for d in described],
    'marked': [np.flatnonzero(pixels[..., s]).tolist() for s in range(pixels.shape[-1])],
    'volume': list(seg.get_volume(combine_segments=False).shape) if unsheared else [],
    'frames': int(seg.NumberOfFrames), 'patient': str(seg.PatientName), 'removed': str(seg.get('PatientIdentityRemoved', '')),
    'creator': str(seg.ContentCreatorName), 'referenced': len(seg.SourceImageSequence),
  }
def report(path):
  groups = hd.sr.srread(path).content.get_volumetric_roi_measurement_groups()
  return [{
    'value': float(g.get_measurements()[0].value), 'unit': g.get_measurements()[0].unit.value,
    'finding': g.finding_type.value, 'uid': g.tracking_uid, 'site': g.finding_sites[0].value.value,
    'segment': [int(g.referenced_segment[0].ReferencedSOPSequence[0].ReferencedSegmentNumber)],
  } for g in groups]
print(json.dumps({f: {'seg': segmentation(f'{sys.argv[1]}/{f}/reading.seg.dcm', 'tilted' not in f), 'sr': report(f'{sys.argv[1]}/{f}/reading.sr.dcm')} for f in sys.argv[2:]}))
`

interface Peer {
  seg: SegPeer
  sr: { value: number; unit: string; finding: string; segment: number[]; uid: string; site: string }[]
}

describe.skipIf(!hasPython('highdicom'))('highdicom reads', () => {
  let read: Record<string, Peer>
  beforeAll(() => {
    read = python<Record<string, Peer>>(peer, root, ...volumes.keys())
  })

  it.each(grids)('the segments, their codes and every voxel on its source image (%s)', (name, grid) => {
    const { seg } = read[`${name}-true`]
    expect(seg.numbers).toEqual([1, 2])
    expect(seg.labels).toEqual(['Infarct core', 'Penumbra'])
    expect(seg.types).toEqual([
      ['55641003', 'SCT'],
      ['PENUMBRA', '99UMBRA'],
    ])
    expect(seg.algorithm).toEqual(['MANUAL', 'MANUAL'])
    expect(seg.tracking).toEqual([uidOf('reading core'), uidOf('reading penumbra')])
    expect(seg.marked).toEqual(
      drawn(grid).map((layer) => Array.from(layer.keys()).filter((at) => layer[at] === 1)),
    )
    expect(seg).toMatchObject({
      ...{ frames: 10, patient: 'Müller^Zoë', removed: '', creator: 'Müller^Zoë', referenced: 5 },
      volume: name === 'tilted' ? [] : [5, 19, 23, 2],
    })
  })

  it('a de-identified one, which names neither patient nor rater and says what helped', () => {
    expect(read['oblique-false'].seg).toMatchObject({
      patient: 'case-1^',
      removed: 'YES',
      creator: 'rater-1^',
      algorithm: ['SEMIAUTOMATIC', 'SEMIAUTOMATIC'],
    })
  })

  it.each(grids)('the volumes of the measurement report, each with its segment (%s)', (name) => {
    const { sr } = read[`${name}-true`]
    const expected = volumes.get(`${name}-true`) ?? []
    expect(sr.map(({ value }) => value)).toEqual(expected.map((ml) => expect.closeTo(ml, 9)))
    expect(sr.map(({ unit }) => unit)).toEqual(['mL', 'mL'])
    expect(sr.map(({ finding }) => finding)).toEqual(['55641003', 'PENUMBRA'])
    expect(sr.map(({ site }) => site)).toEqual(['12738006', '12738006'])
    expect(sr.map(({ segment }) => segment)).toEqual([[1], [2]])
    expect(sr.map(({ uid }) => uid)).toEqual([uidOf('reading core'), uidOf('reading penumbra')])
  })
})
