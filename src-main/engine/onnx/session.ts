import { cpus } from 'node:os'
import { UmbraError } from '@contract'
import type { InferenceSession, Tensor } from 'onnxruntime-web'
import type { Layout } from './graphInterface'
import type { OnnxModel } from './readModel'

/** Beyond these, more threads make a U-Net on one slice hardly faster. */
const MOST_THREADS = 4

/** A model made ready to compute by ONNX Runtime, in this process. */
export interface OnnxSession {
  /** "ONNX Runtime 1.30.0, 4 threads". */
  computedBy: string
  /** Maps in 0..1 [row × column × map] of one prepared slice [row × column × time point]. */
  infer(input: Float32Array, rows: number, columns: number): Promise<Float32Array>
  close(): Promise<void>
}

/**
 * Makes a model ready. Not before this is ONNX Runtime loaded (WebAssembly, 14 MB). Throws `unsuited-model` where it
 * refuses the file, or where an answer is not the image of maps that was asked for.
 */
export async function openOnnxSession(model: OnnxModel): Promise<OnnxSession> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-web')
  const threads = Math.min(MOST_THREADS, Math.max(1, cpus().length))
  env.wasm.numThreads = threads
  // Its warnings about a graph are of no use to the person who waits for maps.
  env.logLevel = 'error'
  const session = await InferenceSession.create(model.bytes, {
    executionProviders: ['wasm'],
    externalData: model.numbersBeside,
  }).catch((thrown: Error) => {
    throw new UmbraError({
      code: 'unsuited-model',
      message: `ONNX Runtime cannot use the model: ${thrown.message}`,
      hint: 'Export it again, with the operators of ONNX itself.',
      where: model.path,
    })
  })
  const { input: from, output: to } = model.interface
  const { timePoints } = model.spec.input
  const maps = model.spec.outputs.length

  return {
    computedBy: `ONNX Runtime ${env.versions.web ?? ''}, ${threads} thread${threads === 1 ? '' : 's'}`,
    infer: async (input, rows, columns) => {
      const area = rows * columns
      const values = from.layout === 'channels-last' ? input : turned(input, area, timePoints)
      const frames = new Tensor('float32', values, shapeOf(from.layout, rows, columns, timePoints))
      const answer = await run(session, { [from.name]: frames }, to.name, model.path)
      const expected = shapeOf(to.layout, rows, columns, maps)
      if (answer.dims.join() !== expected.join()) {
        throw unsuited(
          `This ONNX network makes ${answer.dims.join(' × ')} of ${frames.dims.join(' × ')}; it must make ${expected.join(' × ')}.`,
          model.path,
        )
      }
      const output = (await answer.getData()) as Float32Array
      return to.layout === 'channels-last' ? output : turned(output, maps, area)
    },
    close: () => session.release(),
  }
}

async function run(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
  output: string,
  path: string,
): Promise<Tensor> {
  try {
    return (await session.run(feeds, [output]))[output]
  } catch (thrown) {
    throw unsuited(`This ONNX network cannot take the slice: ${(thrown as Error).message}`, path)
  }
}

function shapeOf(layout: Layout, rows: number, columns: number, channels: number): number[] {
  return layout === 'channels-last' ? [1, rows, columns, channels] : [1, channels, rows, columns]
}

/** [row × column] as [column × row]. */
function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / columns)
    result[(i - row * columns) * rows + row] = values[i]
  }
  return result
}

function unsuited(message: string, where: string): UmbraError {
  return new UmbraError({
    code: 'unsuited-model',
    message,
    hint: 'Correct the description of the model, such as the multiple ("stride") that its rows and columns must be of.',
    where,
  })
}
