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
  truth: (name: MapName | 'mask' | 'tissue' | 'lesion') => Volume
  /** Hounsfield units of a voxel at each time point, as the DICOM files store them. */
  curve: (voxel: Voxel) => number[]
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

interface Picture {
  z: number
  /** Seconds since midnight. */
  time: number
  at: (x: number, y: number) => number
}

/** A CT file of the phantom, read with dicom-parser alone: uncompressed, 16 bits. */
function readPicture(path: string): Picture {
  const bytes = readFileSync(path)
  const data = parseDicom(bytes)
  const clock = data.string('x00080032') ?? ''
  const time = Number(clock.slice(0, 2)) * 3600 + Number(clock.slice(2, 4)) * 60 + Number(clock.slice(4))
  const { dataOffset } = data.elements.x7fe00010
  const columns = data.uint16('x00280011') ?? 0
  const signed = data.uint16('x00280103') === 1
  const [slope, intercept] = [data.floatString('x00281053') ?? 1, data.floatString('x00281052') ?? 0]
  const at = (x: number, y: number): number => {
    const offset = dataOffset + 2 * (x + columns * y)
    return (signed ? bytes.readInt16LE(offset) : bytes.readUInt16LE(offset)) * slope + intercept
  }
  return { z: data.floatString('x00200032', 2) ?? Number.NaN, time, at }
}

/** A small head with an infarct, a box-shaped residue and no noise, so that its maps are known to a few per cent. */
export function makePhantom(folder: string): Phantom {
  const options = ['--size', '128', '--slices', '4', '--volumes', '40', '--interval', '1.5', '--noise', '0']
  runPhantom(folder, ...options, '--residue', 'box', '--seed', '3')
  const dicom = join(folder, 'dicom')
  const pictures = readdirSync(dicom, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readPicture(join(entry.parentPath, entry.name)))
    .sort((a, b) => a.time - b.time)
  const heights = [...new Set(pictures.map(({ z }) => z))].sort((a, b) => a - b)
  const { geometry, times } = JSON.parse(readFileSync(join(folder, 'truth/truth.json'), 'utf8'))
  return {
    dicom,
    files: pictures.length,
    size: geometry.size,
    times,
    truth: (name) => readNifti(join(folder, 'truth', `${name}.nii.gz`)),
    curve: ([x, y, z]) => pictures.filter((picture) => picture.z === heights[z]).map(({ at }) => at(x, y)),
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
