import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { command } from '../../../src-main/cli/commands/phantom'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'
import {
  demoOptions,
  lesionLabels,
  makePhantom,
  phantomOptions,
  phantomOptionsSchema,
  phantomSeries,
  phantomTruth,
  tissueLabels,
  writePhantomStudy,
  type PhantomOptions,
  type PhantomRequest,
} from '../../../src-main/engine/phantom'
import { affineRas, readNifti } from '../../../src-main/engine/volume'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-phantom-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const small = { size: 48, slices: 3, volumes: 3 } as const

async function write(name: string, request: PhantomRequest, replace = false): Promise<string> {
  const directory = join(root, name)
  await writePhantomStudy(
    await makePhantom(phantomOptions({ ...small, ...request })),
    directory,
    {},
    { replace },
  )
  return directory
}

/** Path and content of every file, [path, hash], hidden ones included. */
async function fingerprint(folder: string): Promise<string[][]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const nested = entries.map(async (entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      return fingerprint(path).then((inner) => inner.map(([p, h]) => [join(entry.name, p), h]))
    }
    return [
      [
        entry.name,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ],
    ]
  })
  return (await Promise.all(nested)).flat().sort()
}

describe('the folder of a study', () => {
  it('is the same to the byte when it is made again, and another with another seed', async () => {
    const request = { motion: 2, jitter: 0.2, noise: 4 } as const
    const [first, again, other] = await Promise.all([
      write('first', request).then(fingerprint),
      write('again', request).then(fingerprint),
      write('other', { ...request, seed: 2 }).then(fingerprint),
    ])
    expect(again).toEqual(first)
    expect(other.map(([path]) => path)).toEqual(first.map(([path]) => path))
    // Only what does not depend on chance is the same: where vessels and skull are.
    const same = other.filter(([, hash], i) => hash === first[i][1]).map(([path]) => path)
    expect(same).toEqual(['aif', 'brain', 'vof'].map((name) => join('truth', `${name}.nii.gz`)))
  })

  it('holds the truth on the grid of the images', async () => {
    const request = { lesion: 'mca-right:3+5', tilt: 12, motion: 1 } as const
    const directory = await write('truth', request)
    const phantom = await makePhantom(phantomOptions({ ...small, ...request }))
    const truth = phantomTruth(phantom)
    const names = 'aif brain cbf cbv delay lesion mask mtt tissue tmax ttp vof'.split(' ')
    expect((await readdir(join(directory, 'truth'))).sort()).toEqual(
      [...names.map((name) => `${name}.nii.gz`), 'truth.json'].sort(),
    )
    for (const name of ['cbf', 'cbv', 'mtt', 'ttp', 'tmax', 'delay'] as const) {
      const stored = await readNifti(join(directory, 'truth', `${name}.nii.gz`))
      expect(stored.voxels).toEqual(truth.maps[name])
      affineRas(phantom.geometry).forEach((row, i) =>
        row.forEach((value, j) => expect(affineRas(stored.geometry)[i][j]).toBeCloseTo(value, 4)),
      )
    }
    const lesion = await readNifti(join(directory, 'truth', 'lesion.nii.gz'))
    const count = lesion.voxels.filter((label) => label === lesionLabels.core).length
    const summary = JSON.parse(await readFile(join(directory, 'truth', 'truth.json'), 'utf8'))
    expect(summary.lesion.coreMl).toBeCloseTo(count * summary.geometry.voxelMl, 9)
    expect(Math.abs(summary.lesion.coreMl - 3)).toBeLessThan(summary.geometry.voxelMl)
    expect(summary.motion).toHaveLength(3)
    expect(summary.aif.arrival).toBe(8)
    expect(summary.aif.curve).toHaveLength(3)
    expect(summary.times).toEqual([0, 1, 2])
    expect(summary.maps.ttp.definition).toContain('arrival of the bolus')
    expect(summary.masks.tissue).toEqual(tissueLabels)
  })

  it('is not written into a folder that has something in it', async () => {
    const directory = join(root, 'occupied')
    await mkdir(directory)
    await writeFile(join(directory, 'thesis.txt'), 'irreplaceable')
    await expect(write('occupied', {})).rejects.toMatchObject({ code: 'folder-in-use', where: directory })
    expect(await readdir(directory)).toEqual(['thesis.txt'])
  })

  it('replaces an older phantom when told to, and nothing else', async () => {
    const directory = await write('replaced', { vendor: 'siemens' })
    await writeFile(join(directory, 'notes.txt'), 'mine')
    await write('replaced', { vendor: 'philips' }, true)
    expect((await readdir(directory)).sort()).toEqual(['dicom', 'notes.txt', 'truth'])
    expect((await readdir(join(directory, 'dicom'))).every((name) => name.startsWith('IM_'))).toBe(true)
  })

  it('never replaces a study that is not a phantom', async () => {
    await mkdir(join(root, 'patient', 'dicom'), { recursive: true })
    await writeFile(join(root, 'patient', 'dicom', 'IM0001'), 'somebody')
    await expect(write('patient', {}, true)).rejects.toMatchObject({ code: 'folder-in-use' })
    expect(await readdir(join(root, 'patient', 'dicom'))).toEqual(['IM0001'])
  })

  it('fills an empty folder, which stays the same folder', async () => {
    await mkdir(join(root, 'empty'))
    const { ino } = await stat(join(root, 'empty'))
    expect((await readdir(await write('empty', {}))).sort()).toEqual(['dicom', 'truth'])
    expect((await stat(join(root, 'empty'))).ino).toBe(ino)
  })

  it('leaves nothing when it is cancelled', async () => {
    const phantom = await makePhantom(phantomOptions(small))
    const abort = new AbortController()
    const written = writePhantomStudy(phantom, join(root, 'cancelled'), {
      signal: abort.signal,
      onProgress: (progress) => (progress > 0.5 ? abort.abort() : undefined),
    })
    await expect(written).rejects.toMatchObject({ name: 'AbortError' })
    expect((await readdir(root)).filter((name) => name.includes('cancelled'))).toEqual([])
  })

  it('says where it may not be written', async () => {
    await writeFile(join(root, 'file'), '')
    await expect(write('file/study', {})).rejects.toMatchObject({ code: 'write-failed' })
    await expect(write('file', {})).rejects.toMatchObject({ code: 'write-failed' })
  })
})

describe('options', () => {
  const issues = (request: object): string[] => {
    const parsed = phantomOptionsSchema.safeParse(request)
    return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'))
  }

  it('have defaults that suit the kind', () => {
    expect(phantomOptions({})).toMatchObject({ size: 256, slices: 8, volumes: 45, interval: 1, noise: 5 })
    expect(phantomOptions({ kind: 'kudo' })).toMatchObject({
      size: 512,
      slices: 6,
      volumes: 30,
      interval: 2,
      noise: 0,
      lesion: 'none',
    })
    expect(demoOptions.lesion).toContain('mca')
  })

  it.each([
    [{ lesion: 'mca' }, 'lesion'],
    [{ lesion: 'mca-left:20' }, 'lesion'],
    [{ size: 8 }, 'size'],
    [{ size: 1024, slices: 100 }, 'slices'],
    [{ kind: 'kudo', size: 100 }, 'size'],
    [{ kind: 'kudo', slices: 7 }, 'slices'],
    [{ kind: 'kudo', lesion: 'mca-left' }, 'lesion'],
    [{ kind: 'kudo', modality: 'mr' }, 'modality'],
    [{ vendor: 'canon', modality: 'mr' }, 'modality'],
    [{ oneFile: true }, 'oneFile'],
    [{ vendor: 'canon', oneFile: true, size: 512, slices: 64, volumes: 200, interval: 1 }, 'oneFile'],
    [{ shuttle: true, slices: 1 }, 'shuttle'],
    [{ jitter: 0.6 }, 'jitter'],
    [{ volumes: 1000, interval: 2 }, 'volumes'],
    [{ tilt: 5, oblique: 5 }, 'oblique'],
    [{ startTime: '25:00:00' }, 'startTime'],
    [{ noise: Number.NaN }, 'noise'],
    [{ colour: 'blue' }, ''],
  ])('refuse %j', (request, option) => {
    expect(issues(request)).toContain(option)
  })
})

describe('as a series in memory', () => {
  it('has the frames, times and units of the files', async () => {
    const phantom = await makePhantom(phantomOptions({ ...small, shuttle: true }))
    const series = await phantomSeries(phantom)
    expect(series.kind).toBe('ct-perfusion')
    expect(series.unit).toBe('HU')
    expect(series.voxels).toHaveLength(48 * 48 * 3 * 3)
    expect(Array.from(series.times.slice(0, 6))).toEqual([0, 0, 0.5, 1, 1, 1.5])
    expect(series.voxels.buffer).toBeInstanceOf(SharedArrayBuffer)
  })
})

describe('umbra phantom', () => {
  async function umbra(...args: string[]): Promise<{ code: number; stdout: string }> {
    let stdout = ''
    const out = vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
      stdout += String(part)
      return true
    })
    const silent = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
    try {
      return { code: await runProgram(umbraProgram('0', [command()]), ['phantom', ...args]), stdout }
    } finally {
      out.mockRestore()
      silent.mockRestore()
    }
  }
  const tiny = ['--size', '32', '--slices', '2', '--volumes', '2']

  it('writes a study and says what it made, for a program too', async () => {
    const directory = join(root, 'cli')
    const { code, stdout } = await umbra(directory, ...tiny, '--lesion', 'mca-right:2+4', '--json')
    expect(code).toBe(0)
    const made = JSON.parse(stdout)
    expect(made).toMatchObject({ directory, files: 4, frames: 2 })
    expect(made.options).toMatchObject({ lesion: 'mca-right:2+4', vendor: 'ge', seed: 1 })
    expect(Math.abs(made.lesion.penumbraMl - 4)).toBeLessThan(0.3)
    expect(relative(root, directory)).toBe('cli')
    expect(await readdir(join(directory, 'dicom', 'S0004'))).toHaveLength(4)
  })

  it('draws a head that lies still as it draws one that moves', async () => {
    const sampling = async (...args: string[]) => {
      const { planes, points } = JSON.parse(
        (await umbra(join(root, 'drawn'), '--force', ...args, '--json')).stdout,
      ).options as PhantomOptions
      return { planes, points }
    }
    expect(await sampling(...tiny)).toEqual({ planes: 3, points: 2 })
    expect(await sampling(...tiny)).toEqual(await sampling(...tiny, '--motion', '2'))
    expect(await sampling(...tiny, '--thickness', '10')).toEqual({ planes: 6, points: 2 })
    expect(await sampling(...tiny, '--planes', '1', '--points', '1')).toEqual({ planes: 1, points: 1 })
    expect(await sampling('--size', '256', '--slices', '171', '--lesion', 'none', '--volumes', '1')).toEqual({
      planes: 1,
      points: 1,
    })
    const kudo = ['--kind', 'kudo', '--size', '64', '--slices', '2', '--volumes', '2']
    expect(await sampling(...kudo)).toEqual({ planes: 1, points: 1 })
  })

  it('exits 2 on wrong usage, 1 where the folder is taken', async () => {
    expect((await umbra(join(root, 'wrong'), '--vendor', 'toshiba')).code).toBe(2)
    expect((await umbra(join(root, 'wrong'), '--size', 'large')).code).toBe(2)
    expect((await umbra(join(root, 'wrong'), '--noise', '-1')).code).toBe(2)
    expect((await umbra()).code).toBe(2)
    const taken = await umbra(root, ...tiny, '--json')
    expect(taken.code).toBe(1)
    expect(JSON.parse(taken.stdout).error.code).toBe('folder-in-use')
    expect((await readdir(root)).includes('wrong')).toBe(false)
  })
})
