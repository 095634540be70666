import { execFile } from 'node:child_process'

/** One line of `umbra doctor`. */
export interface Check {
  id: string
  name: string
  /** `later`: not there, and nothing to be done about it on most machines. */
  state: 'ok' | 'missing' | 'poor' | 'later'
  /** Whether Umbra's main work needs it. */
  required: boolean
  detail: string
  /** What to do about it; null where nothing needs doing. */
  remedy: string | null
}

const PROGRAM_TIMEOUT_MS = 10_000

/** What a program prints (stdout, else stderr), or null where it is missing, fails or hangs. */
export function outputOf(program: string, args: string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PROGRAM_TIMEOUT_MS, windowsHide: true }, (error, stdout, stderr) => {
      resolve(error ? null : stdout.trim() || stderr.trim())
    })
  })
}
