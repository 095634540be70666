import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve, sep } from 'node:path'
import { z } from 'zod'

export type NativeVariant = 'cuda' | 'cpu'

/** What `npm run setup:tensorflow` writes beside the libraries, when all of them are there. */
const runtimeSchema = z.object({
  variant: z.enum(['cuda', 'cpu']),
  /** Of libtensorflow. */
  version: z.string(),
  /** Of tfjs-node, whose binding was compiled. */
  binding: z.string(),
  platform: z.string(),
  /** Folders with further libraries, relative to this file's folder. */
  libraryFolders: z.array(z.string()),
})

export type NativeRuntime = z.infer<typeof runtimeSchema> & { folder: string }

/** Where libraries that belong to a user, not to one checkout, are kept. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.UMBRA_CACHE) return resolve(environment.UMBRA_CACHE)
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'umbra')
}

/** A packaged application carries TensorFlow in its resources, beside the archive that this file was unpacked from. */
function packagedDirectory(): string | null {
  const mark = `app.asar.unpacked${sep}`
  const at = __dirname.indexOf(mark)
  return at < 0 ? null : join(__dirname.slice(0, at), 'tensorflow')
}

function readRuntime(folder: string): NativeRuntime | null {
  const file = join(folder, 'runtime.json')
  if (!existsSync(file)) return null
  try {
    return { ...runtimeSchema.parse(JSON.parse(readFileSync(file, 'utf8'))), folder }
  } catch {
    return null
  }
}

/**
 * The native TensorFlow of a variant, where it has been set up: in the folder that UMBRA_TENSORFLOW names, in the
 * packaged application, or in the user's cache. null where there is none for this platform.
 */
export function findNativeRuntime(variant: NativeVariant): NativeRuntime | null {
  const homes = [
    process.env.UMBRA_TENSORFLOW,
    packagedDirectory(),
    join(cacheDirectory(), 'tensorflow'),
  ].filter((home): home is string => Boolean(home))
  for (const home of homes) {
    const runtime = readRuntime(join(home, variant))
    if (runtime?.platform === `${process.platform}-${process.arch}`) return runtime
  }
  return null
}

/** Whether this machine has an NVIDIA driver, without which the CUDA build computes on the processor. */
export function hasNvidiaDriver(): boolean {
  return existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl')
}
