import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

const modules = resolve(__dirname, '../node_modules')
const packed = join(modules, '@sparticuz/chromium/bin/swiftshader.tar.br')
const folder = join(modules, '.cache/swiftshader')

/**
 * The environment of a process in which WebGPU finds SwiftShader, the Vulkan in software that comes with the Chromium of
 * the end-to-end tests: a real adapter on a machine without a GPU. null where it, or Dawn, is not there.
 */
export function softwareGpu(): NodeJS.ProcessEnv | null {
  const here = process.platform === 'linux' && process.arch === 'x64'
  if (!here || !existsSync(packed) || !existsSync(join(modules, 'webgpu'))) return null
  if (!existsSync(folder)) {
    const fresh = `${folder}-${process.pid}`
    mkdirSync(fresh, { recursive: true })
    const tar = spawnSync('tar', ['xf', '-', '-C', fresh], {
      input: brotliDecompressSync(readFileSync(packed)),
    })
    if (tar.status !== 0) return null
    if (!existsSync(folder)) renameSync(fresh, folder)
  }
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
  return { VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: libraries }
}
