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
import { UmbraError } from '@contract'

const ownerSchema = z.object({
  host: z.string(),
  pid: z.number().int(),
  /** What tells this process from a later one of the same number; '' where the system does not say. */
  started: z.string(),
  token: z.string(),
})
type Owner = z.infer<typeof ownerSchema>

/** The right of one process to use a store; `unclean` says that the one before ended without giving it back. */
export interface Ownership {
  readonly unclean: boolean
  release(): void
}

/** When a process started, in ticks since this start of the machine, with the id of that start; Linux only. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
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
  return started === '' || startOf(pid) === started
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

/**
 * Takes the store whose owner file is `path` for this process. SQLite's own lock here is a folder, which a process that
 * is killed leaves behind; this file says whose it was. Throws `store-in-use` while its owner lives.
 */
export function takeOwnership(path: string): Ownership {
  const mine: Owner = {
    host: hostname(),
    pid: process.pid,
    started: startOf(process.pid),
    token: randomBytes(8).toString('hex'),
  }
  let unclean = false
  for (let attempt = 0; attempt < 5; attempt++) {
    if (create(path, mine)) {
      return {
        unclean,
        release: () => {
          if (readOwner(path)?.token === mine.token) rmSync(path, { force: true })
        },
      }
    }
    const other = readOwner(path)
    if (other && isAlive(other)) {
      throw new UmbraError({
        code: 'store-in-use',
        message: `The reading studies are open in another Umbra (process ${other.pid} on ${other.host}).`,
        hint: 'Close it there first. If none runs there any more, delete the file named here.',
        where: path,
      })
    }
    clear(path, other, mine.token)
    unclean = true
  }
  throw new UmbraError({
    code: 'store-in-use',
    message: 'Other programs contend for the reading studies.',
    where: path,
  })
}
