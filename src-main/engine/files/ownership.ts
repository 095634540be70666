import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'
import type { UmbraError } from '@contract'

const ownerSchema = z.object({
  host: z.string(),
  pid: z.number().int(),
  /** What tells this process from a later one of the same number; '' where the system does not say. */
  started: z.string(),
  token: z.string(),
})
type Owner = z.infer<typeof ownerSchema>

/** The process that has something, as those it is refused to are told. */
export type OtherOwner = Pick<Owner, 'host' | 'pid'>

/** The right of one process to use something; `unclean` says that the one before ended without giving it back. */
export interface Ownership {
  readonly unclean: boolean
  release(): void
}

/**
 * When a process started: on Linux in ticks since this start of the machine, with the id of that start; on other Unix
 * systems by the clock, as `ps` tells it. '' where neither is to be had, `GONE` for one that was killed and not yet
 * taken note of by its parent.
 */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return /[ZX]/.test(fields[0]) ? GONE : `${boot} ${fields[19]}`
  } catch {
    return process.platform === 'win32' || process.platform === 'linux' ? '' : startByClock(pid)
  }
}

const GONE = 'gone'

function startByClock(pid: number): string {
  try {
    const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env }).trim()
  } catch {
    return ''
  }
}

function isAlive({ host, pid, started }: Owner): boolean {
  // Whether a process of another machine lives cannot be known from here.
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = startOf(pid)
  return now !== GONE && (started === '' || now === '' || now === started)
}

function readOwner(path: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return null
  }
}

function create(path: string, owner: Owner): boolean {
  // Made under another name and linked, so that nobody ever reads a half-written one.
  const draft = `${path}.${owner.token}`
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeSync(file, JSON.stringify(owner))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  try {
    linkSync(draft, path)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    return createDirectly(path, owner)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Where files cannot be linked (exFAT, some network drives). */
function createDirectly(path: string, owner: Owner): boolean {
  try {
    writeFileSync(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 })
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw thrown
  }
}

/** Moves the file of an owner that is gone out of the way; puts it back when another was quicker and it is theirs. */
function clear(path: string, gone: Owner | null, token: string): void {
  const aside = `${path}.gone-${token}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  const moved = readOwner(aside)
  if (moved && moved.token !== gone?.token) {
    try {
      linkSync(aside, path)
    } catch {
      // A third has it by now.
    }
  }
  rmSync(aside, { force: true })
}

/** Contends for so long with others that end, or begin, at the same moment. */
const ATTEMPTS = 5

/**
 * Takes something for this process alone, by a file at `path` that says whose it is: host, process and its start, so that
 * one that was killed, or ended with its machine, is known to be gone, and a later process of the same number is not
 * taken for it. The folder must be there. Throws `inUse` while the owner lives; null stands for several that contend.
 */
export function takeOwnership(path: string, inUse: (other: OtherOwner | null) => UmbraError): Ownership {
  const mine: Owner = {
    host: hostname(),
    pid: process.pid,
    started: startOf(process.pid),
    token: randomBytes(8).toString('hex'),
  }
  let unclean = false
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path, mine)) {
      return {
        unclean,
        release: () => {
          if (readOwner(path)?.token === mine.token) rmSync(path, { force: true })
        },
      }
    }
    const other = readOwner(path)
    if (other && isAlive(other)) throw inUse(other)
    clear(path, other, mine.token)
    unclean = true
  }
  throw inUse(null)
}

/** The process that has what the file at `path` stands for; null where it is free, or its owner is gone. */
export function ownerOf(path: string): OtherOwner | null {
  const owner = readOwner(path)
  return owner && isAlive(owner) ? owner : null
}
