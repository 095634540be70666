import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { freemem, totalmem } from 'node:os'
import { coreCount } from '../../engine/compute/pool'
import { outputOf, type Check } from './check'

const OLDEST_NODE = [20, 19]
const MEMORY_WANTED = 8 * 1024 ** 3
const DISK_WANTED = 5 * 1024 ** 3

const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GB`

function node(): Check {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const enough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  return {
    id: 'node',
    name: 'Node.js',
    state: enough ? 'ok' : 'poor',
    required: true,
    detail: process.versions.node,
    remedy: enough ? null : `Install Node.js ${OLDEST_NODE.join('.')} or newer from nodejs.org.`,
  }
}

function cores(): Check {
  const count = coreCount()
  return {
    id: 'cores',
    name: 'Processor',
    state: 'ok',
    required: true,
    detail: count === 1 ? '1 core (maps use all there are)' : `${count} cores`,
    remedy: null,
  }
}

function memory(): Check {
  const total = totalmem()
  const enough = total >= MEMORY_WANTED
  return {
    id: 'memory',
    name: 'Memory',
    state: enough ? 'ok' : 'poor',
    required: false,
    detail: `${gigabytes(total)}, ${gigabytes(freemem())} free`,
    remedy: enough ? null : 'A large study (89 × 16 slices of 512 × 512) takes 1.5 GB: close other programs.',
  }
}

function sharedMemory(): Check {
  const present = typeof SharedArrayBuffer === 'function'
  return {
    id: 'shared-memory',
    name: 'Shared memory',
    state: present ? 'ok' : 'missing',
    required: true,
    detail: present ? 'SharedArrayBuffer' : 'switched off',
    remedy: present ? null : 'Start Node.js without the flag that removes SharedArrayBuffer.',
  }
}

async function disk(directory: string): Promise<Check> {
  const check = { id: 'disk', name: 'Data folder', required: true }
  try {
    await mkdir(directory, { recursive: true })
    await access(directory, constants.W_OK)
    const { bavail, bsize } = await statfs(directory)
    const free = bavail * bsize
    const enough = free >= DISK_WANTED
    return {
      ...check,
      state: enough ? 'ok' : 'poor',
      detail: `${directory}, ${gigabytes(free)} free`,
      remedy: enough ? null : 'Free some space, or name another folder in UMBRA_DATA.',
    }
  } catch (thrown) {
    return {
      ...check,
      state: 'missing',
      detail: `${directory}: ${(thrown as Error).message}`,
      remedy: 'Name a folder you may write to in the environment variable UMBRA_DATA.',
    }
  }
}

async function gpu(): Promise<Check> {
  const cards = await outputOf('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader'])
  return {
    id: 'gpu',
    name: 'NVIDIA GPU',
    state: cards ? 'ok' : 'later',
    required: false,
    detail: cards ? cards.split('\n').join('; ') : 'none found; maps are computed on the processor',
    remedy: null,
  }
}

/** The machine itself. */
export function machineChecks(dataDirectory: string): Promise<Check[]> {
  return Promise.all([node(), cores(), memory(), sharedMemory(), disk(dataDirectory), gpu()])
}
