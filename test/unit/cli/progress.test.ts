import { afterEach, describe, expect, it, vi } from 'vitest'
import { withProgress } from '../../../src-main/cli/progress'

function recorder(isTTY: boolean): {
  isTTY: boolean
  columns: number
  text: string
  write(text: string): void
} {
  return {
    isTTY,
    columns: 40,
    text: '',
    write(text) {
      this.text += text
    },
  }
}

describe('withProgress', () => {
  afterEach(() => void vi.useRealTimers())

  it('writes one line for each stage that lasts where stderr is a file', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const output = recorder(false)
    const value = await withProgress(
      'Maps',
      async (run) => {
        run.onProgress?.(0, 'reading')
        run.onProgress?.(0.2, 'reading')
        run.onProgress?.(0.3, 'a short stage')
        vi.advanceTimersByTime(1500)
        run.onProgress?.(0.5, 'fitting')
        return 7
      },
      output,
    )
    expect(value).toBe(7)
    expect(output.text).toBe('Maps 0 % reading\nMaps 50 % fitting\n')
  })

  it('keeps to one line of the terminal and leaves it empty at the end', async () => {
    const output = recorder(true)
    await withProgress('Maps', async (run) => run.onProgress?.(1, 'a very long stage '.repeat(9)), output)
    expect(output.text).not.toContain('\n')
    expect(output.text.split('\r\x1b[K').every((line) => line.length < 40)).toBe(true)
    expect(output.text.endsWith('\r\x1b[K')).toBe(true)
  })

  it('aborts the work on Ctrl-C, waits for it to stop, and reports it as cancelled', async () => {
    let cleaned = false
    const work = withProgress(
      'Maps',
      (run) =>
        new Promise((_resolve, reject) =>
          run.signal?.addEventListener('abort', () => {
            cleaned = true
            reject(new Error('stopped'))
          }),
        ),
      recorder(false),
    )
    process.emit('SIGINT')
    await expect(work).rejects.toMatchObject({ code: 'cancelled' })
    expect(cleaned).toBe(true)
    expect(process.listenerCount('SIGINT')).toBe(0)
  })

  it('passes a failure of the work on', async () => {
    await expect(
      withProgress('Maps', () => Promise.reject(new TypeError('broken')), recorder(false)),
    ).rejects.toThrow('broken')
  })
})
