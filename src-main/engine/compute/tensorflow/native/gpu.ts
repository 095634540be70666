import { execFile } from 'node:child_process'

const WITHIN_MS = 10_000

/** The first NVIDIA GPU as its driver names it, with its memory in MB; null where there is none. */
export function nvidiaGpu(): Promise<{ name: string; memoryMb: number } | null> {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits']
  return new Promise((resolve) => {
    execFile('nvidia-smi', query, { timeout: WITHIN_MS, windowsHide: true }, (error, stdout) => {
      const [name, memory] = stdout.split('\n')[0].split(', ')
      resolve(error || !memory ? null : { name, memoryMb: Number(memory) })
    })
  })
}
