import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStudy } from '../../src-main/engine/dicom'
import { ctImage, dicomFile, uid } from '../unit/dicom/build'
import { clockTime } from '../unit/dicom/studies'
import { openAndLoad } from './openAndLoad'
import type { BenchRow } from './row'

const times = 89
const slices = 16
const side = 512

/** 1,424 files of 512 × 512, 747 MB, as a scanner writes them; made once and kept in the temporary folder. */
export function largeStudy(sliceCount = slices): string {
  const folder = join(tmpdir(), `umbra-bench-${times}x${sliceCount}x${side}`)
  const complete = `${folder}.complete`
  if (existsSync(complete)) return folder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const [study, series, frame] = [uid(), uid(), uid()]
  const pixels = new Uint16Array(side * side)
  for (let time = 0; time < times; time++) {
    for (let slice = 0; slice < sliceCount; slice++) {
      for (let i = 0; i < pixels.length; i++) pixels[i] = 1000 + ((i * 7 + time * 31 + slice * 17) % 200)
      const file = dicomFile(
        {
          '0008,0008': ['CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
          '0008,0016': ['UI', ctImage],
          '0008,0018': ['UI', uid()],
          '0008,0020': ['DA', '20240229'],
          '0008,0032': ['TM', clockTime(39600 + time * 1.5)],
          '0008,0060': ['CS', 'CT'],
          '0008,103e': ['LO', 'Brain perfusion'],
          '0010,0020': ['LO', 'BENCH'],
          '0018,0050': ['DS', '5'],
          '0020,000d': ['UI', study],
          '0020,000e': ['UI', series],
          '0020,0013': ['IS', String(time * sliceCount + slice + 1)],
          '0020,0032': ['DS', [-110, -110, slice * 5]],
          '0020,0037': ['DS', [1, 0, 0, 0, 1, 0]],
          '0020,0052': ['UI', frame],
          // Scanners write some kilobytes of private attributes before the pixels.
          '0043,0010': ['LO', 'GEMS_PARM_01'],
          '0043,1029': ['OB', new Uint8Array(2068)],
          '0028,0002': ['US', 1],
          '0028,0004': ['CS', 'MONOCHROME2'],
          '0028,0010': ['US', side],
          '0028,0011': ['US', side],
          '0028,0030': ['DS', [0.43, 0.43]],
          '0028,0100': ['US', 16],
          '0028,0101': ['US', 12],
          '0028,0102': ['US', 11],
          '0028,0103': ['US', 0],
          '0028,1052': ['DS', '-1024'],
          '0028,1053': ['DS', '1'],
        },
        { pixels },
      )
      writeFileSync(join(folder, `IM${String(time * sliceCount + slice).padStart(5, '0')}`), file)
    }
  }
  writeFileSync(complete, 'complete')
  return folder
}

const repeats = 3

/** The shortest of some runs, in seconds: what the machine can do when nothing else disturbs it. */
async function fastest(work: () => Promise<void> | void): Promise<number> {
  let best = Infinity
  for (let run = 0; run < repeats; run++) {
    const start = performance.now()
    await work()
    best = Math.min(best, (performance.now() - start) / 1000)
  }
  return best
}

/** Peak memory of a process of its own: this one may have made the files, which leaves garbage behind. */
function readingMegabytes(folder: string): number {
  const program = join(process.env.UMBRA_WORKERS ?? '', 'readingMemory.js')
  const { status, stdout } = spawnSync(process.execPath, [program, folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error('The study could not be read.')
  return Number(stdout)
}

async function listOnly(folder: string): Promise<void> {
  const study = await openStudy([folder])
  await study.close()
}

/** The floor: every byte of every file into one buffer, nothing looked at. */
function readPlainly(folder: string): void {
  const paths = readdirSync(folder).map((name) => join(folder, name))
  const buffer = Buffer.allocUnsafe(paths.reduce((sum, path) => sum + statSync(path).size, 0))
  let at = 0
  for (const path of paths) {
    const descriptor = openSync(path, 'r')
    at += readSync(descriptor, buffer, at, buffer.length - at, 0)
    closeSync(descriptor)
  }
}

const pydicomProgram = `
import sys, os, time, numpy, pydicom
start = time.perf_counter()
folder = sys.argv[1]
files = sorted(os.listdir(folder))
stack = numpy.empty((len(files), ${side}, ${side}), numpy.uint16)
for index, name in enumerate(files):
    stack[index] = pydicom.dcmread(os.path.join(folder, name)).pixel_array
print(time.perf_counter() - start)
`

function pydicomSeconds(folder: string): number | null {
  const run = spawnSync('python3', ['-c', pydicomProgram, folder], { encoding: 'utf8' })
  return run.status === 0 ? Number(run.stdout) : null
}

/** Its whole run, including the .nii it writes: it has no other way to hand over voxels. */
function dcm2niixSeconds(folder: string): number | null {
  const output = mkdtempSync(join(tmpdir(), 'umbra-dcm2niix-'))
  try {
    const start = performance.now()
    const run = spawnSync('dcm2niix', ['-z', 'n', '-b', 'n', '-o', output, folder])
    return run.status === 0 ? (performance.now() - start) / 1000 : null
  } finally {
    rmSync(output, { recursive: true, force: true })
  }
}

/** Reading a large study: against the plain read of its bytes, pydicom and dcm2niix where they are installed. */
export async function benchLoad(): Promise<BenchRow[]> {
  const [large, half] = [largeStudy(slices), largeStudy(slices / 2)]
  const megabytes = (times * slices * side * side * 2) / 2 ** 20
  const peak = readingMegabytes(large)
  const ours = await fastest(() => openAndLoad(large))
  const list = await fastest(() => listOnly(half))
  const plain = await fastest(() => readPlainly(large))
  const pydicom = pydicomSeconds(large)
  const dcm2niix = dcm2niixSeconds(large)
  const name = `read ${times}×${slices}×${side}×${side}, s`
  return [
    { name, ours, peer: plain, peerName: 'the same bytes into one buffer', limit: 4 },
    ...(pydicom === null ? [] : [{ name, ours, peer: pydicom, peerName: 'pydicom', limit: 1 }]),
    ...(dcm2niix === null ? [] : [{ name, ours, peer: dcm2niix, peerName: 'dcm2niix', limit: 1 }]),
    {
      name: 'peak memory while reading it, MB',
      ours: peak,
      peer: null,
      peerName: null,
      limit: megabytes + 200,
    },
    {
      name: `study list of ${times * (slices / 2)} files, s`,
      ours: list,
      peer: null,
      peerName: null,
      limit: 0.4,
    },
  ]
}
