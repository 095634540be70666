import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSegmentation } from '../../src-main/engine/dicom'
import { agree, checkedDefinition, parseLabels } from '../../src-main/engine/concordance'
import { readStructures } from '../../src-main/engine/segmentation'
import { hasPython, python } from './peers'

const corpus = resolve(__dirname, '../../../shared/data/dicom')
const files = ['highdicom/data/test_files', 'dcmqi'].flatMap((folder) => {
  const at = join(corpus, folder)
  if (!existsSync(at)) return []
  // Microscopy is tiled in a plane; a radiograph lies nowhere.
  return readdirSync(at)
    .filter((name) => /^seg_image_ct|^seg\.dcm|^liver\.dcm|^partial_overlaps/.test(name))
    .map((name) => join(at, name))
})

const peer = `
import json, sys, pydicom, numpy as np
from pydicom.pixels import pixel_array
ds = pydicom.dcmread(sys.argv[1])
frames = ds.pixel_array
frames = frames[None] if frames.ndim == 2 else frames
shared = ds.SharedFunctionalGroupsSequence[0]
find = lambda f, name: getattr(ds.PerFrameFunctionalGroupsSequence[f], name, None) or getattr(shared, name)
print(json.dumps([{
    'segment': int(find(f, 'SegmentIdentificationSequence')[0].ReferencedSegmentNumber),
    'position': [float(v) for v in find(f, 'PlanePositionSequence')[0].ImagePositionPatient],
    'marked': np.flatnonzero(frames[f]).tolist(),
    'sum': float(frames[f].sum(dtype=float)) / float(ds.get('MaximumFractionalValue', 1)),
} for f in range(len(frames))]))
`

interface PeerFrame {
  segment: number
  position: [number, number, number]
  marked: number[]
  sum: number
}

describe.skipIf(files.length === 0 || !hasPython('pydicom', 'numpy'))('DICOM segmentations', () => {
  it.each(files)('%s: every frame as pydicom reads it, where it says it lies', (file) => {
    const { frames, geometry } = readSegmentation(file)
    const expected = python<PeerFrame[]>(peer, file)
    expect(frames).toHaveLength(expected.length)
    frames.forEach(({ segment, slice, pixels }, f) => {
      expect(segment).toBe(expected[f].segment)
      expect(Array.from(pixels.keys()).filter((i) => pixels[i] > 0)).toEqual(expected[f].marked)
      expect(Array.from(pixels).reduce((sum, value) => sum + value, 0)).toBeCloseTo(expected[f].sum, 3)
      const z = geometry.direction[2].map((d, i) => geometry.origin[i] + d * geometry.spacing[2] * slice)
      expected[f].position.forEach((at, i) => expect(z[i]).toBeCloseTo(at, 2))
    })
  })
})

const drawnByHighdicom = `
import sys, numpy as np, highdicom as hd, pydicom, nibabel as nib, pathlib
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid
source_folder, out = sys.argv[1], pathlib.Path(sys.argv[2])
source = [pydicom.dcmread(p) for p in sorted(pathlib.Path(source_folder).glob('*.dcm'))]
for d in source:
    for name in ('PatientBirthDate', 'PatientSex', 'PatientName', 'PatientID', 'StudyID', 'StudyDate', 'StudyTime', 'AccessionNumber', 'ReferringPhysicianName'):
        if name not in d: setattr(d, name, '')
positions = sorted({round(float(d.ImagePositionPatient[2]), 3) for d in source})
source = [next(d for d in source if round(float(d.ImagePositionPatient[2]), 3) == z) for z in positions]
rows, columns = source[0].Rows, source[0].Columns
core = np.zeros((len(source), rows, columns), bool); core[1:3, 4:9, 5:11] = True
hypo = np.zeros_like(core); hypo[1:4, 3:10, 4:13] = True
segment = lambda n, label: hd.seg.SegmentDescription(n, label, codes.SCT.Tissue, codes.SCT.Tissue, hd.seg.SegmentAlgorithmTypeValues.MANUAL)
labels = np.where(core, 1, np.where(hypo, 2, 0)).astype(np.uint8)
layers = np.stack([core, hypo], -1)
for kind, pixels in {'BINARY': layers.astype(np.uint8), 'FRACTIONAL': layers.astype(float), 'LABELMAP': labels}.items():
    seg = hd.seg.Segmentation(source, pixels,
        hd.seg.SegmentationTypeValues[kind], [segment(1, 'core'), segment(2, 'penumbra')], generate_uid(), 1, generate_uid(), 1,
        'Umbra test', 'test', '1', '1', omit_empty_frames=True)
    (out / kind).mkdir(); seg.save_as(out / kind / 'whatever.dcm')
x, y = [float(v) for v in source[0].PixelSpacing][::-1]
dz = positions[1] - positions[0]
affine = np.diag([-x, -y, dz, 1.0]); affine[:3, 3] = [-float(source[0].ImagePositionPatient[0]), -float(source[0].ImagePositionPatient[1]), positions[0]]
(out / 'nifti').mkdir()
nib.save(nib.Nifti1Image(labels.transpose(2, 1, 0), affine), out / 'nifti' / (source[0].SeriesInstanceUID + '.nii.gz'))
print('{}')
`

const scan = join(corpus, 'made/ctp-ok-20x4')
describe.skipIf(!existsSync(scan) || !hasPython('highdicom', 'nibabel'))(
  'a reading drawn as DICOM SEG',
  () => {
    let root: string
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'umbra-seg-'))
      python(drawnByHighdicom, scan, root)
    })
    afterAll(() => rm(root, { recursive: true, force: true }))

    it('joins one drawn as NIfTI, by the UID of the series, on the same voxels', async () => {
      const reading = (name: string, folder: string) => ({
        name,
        rater: name,
        source: '',
        directory: join(root, folder),
      })
      const { report } = await agree(
        checkedDefinition({
          title: 'SEG',
          readings: [
            reading('binary', 'BINARY'),
            reading('fractional', 'FRACTIONAL'),
            reading('labelmap', 'LABELMAP'),
            reading('nifti', 'nifti'),
          ],
          hasReference: true,
          structures: parseLabels('1=core,1+2=hypoperfused'),
          resamples: 0,
          seed: 1,
        }),
      )
      expect(report.cases).toHaveLength(1)
      expect(report.caseAgreement.map(({ pair, structure, dice }) => `${pair} ${structure} ${dice}`)).toEqual(
        [
          'binary/nifti core 1',
          'fractional/nifti core 1',
          'labelmap/nifti core 1',
          'binary/fractional core 1',
          'binary/labelmap core 1',
          'fractional/labelmap core 1',
          'binary/nifti hypoperfused 1',
          'fractional/nifti hypoperfused 1',
          'labelmap/nifti hypoperfused 1',
          'binary/fractional hypoperfused 1',
          'binary/labelmap hypoperfused 1',
          'fractional/labelmap hypoperfused 1',
        ],
      )
      expect(report.notes.join()).not.toContain('Resampled from')
    })
    it('of the labelmap kind too: one segment a voxel, its background no segment', async () => {
      const { bits, notes } = await readStructures(
        join(root, 'LABELMAP/whatever.dcm'),
        parseLabels('1=core,2=penumbra'),
      )
      expect([1, 2, 3].map((value) => bits.filter((own) => own === value).length)).toEqual([60, 129, 0])
      expect(notes).toEqual([])
    })
    it('keeps segments that overlap', async () => {
      const { bits } = await readStructures(
        join(root, 'BINARY/whatever.dcm'),
        parseLabels('1=core,2=penumbra'),
      )
      expect([1, 2, 3].map((value) => bits.filter((own) => own === value).length)).toEqual([0, 129, 60])
    })
  },
)
