import { spawn, type ChildProcess } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'

const answerSchema = z.object({
  version: z.string().optional(),
  seconds: z.number().optional(),
  loss: z.number().optional(),
})
type Answer = z.output<typeof answerSchema>

/** A batch of one image in a file of float32, [row × column × time point]. */
export interface FramesFile {
  input: string
  shape: readonly number[]
}

/** Keras in a process of Python's own, with the network of a model folder. */
export interface KerasPeer {
  /** Of TensorFlow. */
  version: string
  /** Seconds of a prediction, which is written to `output`. */
  predict(frames: FramesFile, output: string): Promise<number>
  /** Seconds and loss of a training step. */
  train(frames: FramesFile, target: string): Promise<{ seconds: number; loss: number }>
  close(): void
}

/** Each line that a process writes, one for each line it is sent; null when it has ended. */
function asker(child: ChildProcess): (order: object) => Promise<Answer | null> {
  const waiting: ((answer: Answer | null) => void)[] = []
  let ended = false
  const end = (): void => {
    ended = true
    for (const answer of waiting.splice(0)) answer(null)
  }
  child.on('error', end).on('exit', end)
  child.stdin?.on('error', end)
  if (child.stdout) {
    createInterface(child.stdout).on('line', (line) => {
      waiting.shift()?.(answerSchema.parse(JSON.parse(line)))
    })
  }
  return (order) =>
    new Promise((answered) => {
      if (ended) return answered(null)
      waiting.push(answered)
      child.stdin?.write(`${JSON.stringify(order)}\n`)
    })
}

/** Starts Keras with a model's weights and this number of threads; null where Python or Keras is not to be had. */
export async function openKeras(model: string, threads: number): Promise<KerasPeer | null> {
  const child = spawn('python3', [resolve('test/bench/peers/perfusion_unet.py')], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      ...process.env,
      TF_CPP_MIN_LOG_LEVEL: '2',
      TF_NUM_INTRAOP_THREADS: String(threads),
      TF_NUM_INTEROP_THREADS: String(threads),
    },
  })
  const ask = asker(child)
  const opened = await ask({ do: 'open', model })
  if (!opened?.version) return null
  const answer = async (order: object): Promise<{ seconds: number; loss: number }> => {
    const { seconds, loss } = (await ask(order)) ?? {}
    if (seconds === undefined) throw new Error('Keras has ended: run test/bench/peers/perfusion_unet.py.')
    return { seconds, loss: loss ?? NaN }
  }
  return {
    version: opened.version,
    predict: async (frames, output) => (await answer({ do: 'predict', ...frames, output })).seconds,
    train: (frames, target) => answer({ do: 'train', ...frames, target }),
    close: () => void child.kill(),
  }
}
