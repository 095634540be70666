import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../../src-main/engine/phantom'

/** A fresh folder with a small but complete CT perfusion study in `dicom/`. */
export async function smallStudy(): Promise<{ folder: string; dicom: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'umbra-engine-'))
  const options = phantomOptions({ size: 96, slices: 2, volumes: 25, interval: 2, noise: 2, lesion: 'none' })
  await writePhantomStudy(await makePhantom(options), join(folder, 'study'))
  return { folder, dicom: join(folder, 'study', 'dicom') }
}
