import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { UmbraError, type EpochRecord } from '@contract'
import { writeFileAtomically } from '../files/atomic'
import type { LearnerState, StoredTensor } from '../networks'

/** All that is needed to go on as if nothing had happened. */
export interface Checkpoint extends LearnerState {
  /** Of the configuration: a checkpoint of another run is refused. */
  configKey: string
  epoch: number
  learningRate: number
  bestLoss: number
  bestEpoch: number
  /** Epochs since the loss last fell, for the plateau, and the loss it last fell to. */
  stalled: number
  plateauLoss: number
  elapsed: number
  history: EpochRecord[]
}

const MAGIC = Buffer.from('UMBRA-CHECKPOINT-1\n')
const DIGEST = 32

/** Writes a checkpoint so that it is there whole or not at all: magic, digest, header (JSON), values. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { weights, optimiser, ...rest } = checkpoint
  const outline = (tensors: StoredTensor[]): unknown => tensors.map(({ name, shape }) => ({ name, shape }))
  const header = Buffer.from(
    JSON.stringify({ ...rest, weights: outline(weights), optimiser: outline(optimiser) }, finite),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  const values = [...weights, ...optimiser].map((tensor) =>
    Buffer.from(tensor.values.buffer, tensor.values.byteOffset, tensor.values.byteLength),
  )
  const body = Buffer.concat([length, header, ...values])
  const digest = createHash('sha256').update(body).digest()
  await writeFileAtomically(path, Buffer.concat([MAGIC, digest, body]))
}

/** JSON has no infinity: "no best yet" is written as null. */
function finite(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}

/** Reads a checkpoint; null where there is none. Throws `damaged-checkpoint`. */
export async function readCheckpoint(path: string): Promise<Checkpoint | null> {
  let content: Buffer
  try {
    content = await readFile(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
  const start = MAGIC.length + DIGEST
  const body = content.subarray(start)
  const digest = createHash('sha256').update(body).digest()
  const whole = content.length > start + 4 && content.subarray(0, MAGIC.length).equals(MAGIC)
  if (!whole || !digest.equals(content.subarray(MAGIC.length, start))) {
    throw new UmbraError({
      code: 'damaged-checkpoint',
      message: 'The checkpoint is damaged.',
      hint: 'Restore the file, or delete it to begin the run anew.',
      where: path,
    })
  }
  const headerLength = body.readUInt32LE(0)
  const header = JSON.parse(body.subarray(4, 4 + headerLength).toString()) as Checkpoint
  let at = 4 + headerLength
  const fill = (tensors: { name: string; shape: number[] }[]): StoredTensor[] =>
    tensors.map(({ name, shape }) => {
      const bytes = 4 * shape.reduce((product, length) => product * length, 1)
      const values = new Float32Array(body.buffer.slice(body.byteOffset + at, body.byteOffset + at + bytes))
      at += bytes
      return { name, shape, values }
    })
  const weights = fill(header.weights)
  const optimiser = fill(header.optimiser)
  return {
    ...header,
    bestLoss: header.bestLoss ?? Infinity,
    plateauLoss: header.plateauLoss ?? Infinity,
    weights,
    optimiser,
  }
}
