import { createHash } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { partOfRun, type Run } from '../compute/run'
import { makePhantom, phantomOptionsSchema, writePhantomStudy } from '../phantom'

/**
 * The folder of the demonstration study, a digital head phantom with a lesion, made on first use. It appears under its
 * name only when it is whole, so an interrupted making is begun anew.
 */
export async function demoStudy(directory: string, run: Run = {}): Promise<string> {
  const options = phantomOptionsSchema.parse({ lesion: true })
  const parts = JSON.stringify([__UMBRA_VERSION__, options])
  const folder = join(directory, createHash('sha256').update(parts).digest('hex').slice(0, 12))
  const present = await access(folder).then(
    () => true,
    () => false,
  )
  if (present) return folder
  const unfinished = `${folder}.part`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })
  try {
    const phantom = await makePhantom(options, partOfRun(run, 0, 0.6))
    await writePhantomStudy(phantom, unfinished, partOfRun(run, 0.6, 1))
    await rename(unfinished, folder)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return folder
}
