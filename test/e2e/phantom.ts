import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parseDicom } from 'dicom-parser'
import { umbra } from './host'

export type MapName = 'cbf' | 'cbv' | 'mtt' | 'ttp' | 'tmax' | 'delay'
export type Voxel = [number, number, number]

/** A volume on the grid of the images: x fastest, rows as stored. */
export interface Volume {
  size: Voxel
  at: (voxel: Voxel) => number
}

export interface Phantom {
  /** The folder to open. */
  dicom: string
  files: number
  size: Voxel
  /** Seconds from the first time point. */
  times: number[]
  /** The map the phantom was made from, without noise. */
  truth: (name: MapName | 'mask' | 'tissue' | 'lesion' | 'aif' | 'vof') => Volume
  /** Hounsfield units of one voxel as its DICOM file stores them. */
  hounsfield: (voxel: Voxel, frame: number) => number
}

/** `umbra phantom` from the command line; the study is in `folder`/dicom, its truth in `folder`/truth. */
export function runPhantom(folder: string, ...options: string[]): void {
  const done = spawnSync(process.execPath, [umbra, 'phantom', folder, ...options], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`umbra phantom failed: ${done.stderr}`)
}

/** Reads a .nii.gz of this machine's byte order: what the phantom says it is made from, or what was exported. */
export function readNifti(path: string): Volume {
  const file = gunzipSync(readFileSync(path))
  const size: Voxel = [file.readInt16LE(42), file.readInt16LE(44), file.readInt16LE(46)]
  const start = file.readFloatLE(108)
  const readers: Record<number, (index: number) => number> = {
    2: (index) => file.readUInt8(start + index),
    4: (index) => file.readInt16LE(start + 2 * index),
    16: (index) => file.readFloatLE(start + 4 * index),
  }
  const read = readers[file.readInt16LE(70)]
  return { size, at: ([x, y, z]) => read(x + size[0] * (y + size[1] * z)) }
}

/** Slice height and acquisition time of each file, to find the one that holds a voxel. */
function indexFiles(folder: string): { path: string; z: number; time: number }[] {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return paths.map((path) => {
    const data = parseDicom(readFileSync(path), { untilTag: 'x7fe00010' })
    const clock = data.string('x00080032') ?? ''
    const seconds = Number(clock.slice(0, 2)) * 3600 + Number(clock.slice(2, 4)) * 60 + Number(clock.slice(4))
    return { path, z: data.floatString('x00200032', 2) ?? Number.NaN, time: seconds }
  })
}

const ascending = (values: number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

/** A small head with an infarct, a box-shaped residue and no noise, so that its maps are known to a few per cent. */
export function makePhantom(folder: string): Phantom {
  const options = ['--size', '128', '--slices', '4', '--volumes', '40', '--interval', '1.5', '--noise', '0']
  runPhantom(folder, ...options, '--residue', 'box', '--seed', '3')
  const dicom = join(folder, 'dicom')
  const files = indexFiles(dicom)
  const heights = ascending(files.map(({ z }) => z))
  const truth = JSON.parse(readFileSync(join(folder, 'truth/truth.json'), 'utf8'))

  function hounsfield([x, y, z]: Voxel, frame: number): number {
    const ofSlice = files.filter((file) => file.z === heights[z]).sort((a, b) => a.time - b.time)
    const bytes = readFileSync(ofSlice[frame].path)
    const data = parseDicom(bytes)
    const { dataOffset } = data.elements.x7fe00010
    const columns = data.uint16('x00280011') ?? 0
    const at = dataOffset + 2 * (x + columns * y)
    const stored = data.uint16('x00280103') === 1 ? bytes.readInt16LE(at) : bytes.readUInt16LE(at)
    return stored * (data.floatString('x00281053') ?? 1) + (data.floatString('x00281052') ?? 0)
  }
  return {
    dicom,
    files: files.length,
    size: truth.geometry.size,
    times: truth.times,
    truth: (name) => readNifti(join(folder, 'truth', `${name}.nii.gz`)),
    hounsfield,
  }
}

/**
 * One voxel for each kind of tissue in a slice: the one deepest inside a region of equal truth, so that neither an
 * edge nor the interpolation of the screen mixes two tissues. Named "tissue/lesion" by their labels.
 */
export function typicalVoxels(phantom: Phantom, z: number): { name: string; voxel: Voxel }[] {
  const [mask, tissue, lesion] = (['mask', 'tissue', 'lesion'] as const).map(phantom.truth)
  const [nx, ny] = phantom.size
  const label = (x: number, y: number): string | null =>
    x < 0 || y < 0 || x >= nx || y >= ny || mask.at([x, y, z]) === 0
      ? null
      : `${tissue.at([x, y, z])}/${lesion.at([x, y, z])}`
  const depth = (x: number, y: number): number => {
    const own = label(x, y)
    for (let radius = 1; ; radius++) {
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) {
          if (label(x + dx, y + dy) !== own) return radius - 1
        }
      }
    }
  }
  const best = new Map<string, { voxel: Voxel; depth: number }>()
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) {
      const name = label(x, y)
      if (name === null) continue
      const here = depth(x, y)
      if (here > (best.get(name)?.depth ?? 0)) best.set(name, { voxel: [x, y, z], depth: here })
    }
  }
  return [...best].map(([name, { voxel }]) => ({ name, voxel }))
}
