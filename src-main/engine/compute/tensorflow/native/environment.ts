import { delimiter, join } from 'node:path'
import { findNativeRuntime } from './location'

/** Quiet: TensorFlow's own log says only what went wrong. */
const LOG_LEVEL = '2'

/**
 * The environment a process needs before TensorFlow's libraries are loaded into it. Its own pooled allocator on the
 * processor (inside Electron 22, whose allocator replaces malloc, a training step took 160 ms with it and 270 ms
 * without; in plain Node the same either way), no more GPU memory than is used, and the folders of CUDA's libraries.
 */
export function nativeEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const cuda = findNativeRuntime('cuda')
  const folders = cuda?.libraryFolders.map((folder) => join(cuda.folder, folder)) ?? []
  const given = environment.LD_LIBRARY_PATH?.split(delimiter) ?? []
  return {
    TF_CPU_ALLOCATOR_USE_BFC: 'true',
    TF_CPP_MIN_LOG_LEVEL: LOG_LEVEL,
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    ...environment,
    ...(folders.length ? { LD_LIBRARY_PATH: [...folders, ...given].filter(Boolean).join(delimiter) } : {}),
  }
}
