import { z } from 'zod'
import type { NetworkOutline, NetworkParts } from '../artifacts'
import { networkSchema } from '../registry'
import { optimiserSchema } from './optimiser'

/** What is trained, and how: everything about a training but its data and its length. */
export const learnerSpecSchema = z.object({
  network: networkSchema,
  timePoints: z.number().int().positive(),
  /** Maps. */
  outputs: z.number().int().positive(),
  /** Of the initial weights. */
  seed: z.number().int(),
  optimiser: optimiserSchema,
  /** `known`: the squared error counts where the maps are known; `image`: everywhere, 0 where they are not. */
  lossRegion: z.enum(['known', 'image']),
})
export type LearnerSpec = z.output<typeof learnerSpecSchema>

/** A float32 or int32 array with its name and shape. */
export interface StoredTensor {
  name: string
  shape: number[]
  values: Float32Array
}

/** All that decides how a training goes on. */
export interface LearnerState {
  weights: StoredTensor[]
  optimiser: StoredTensor[]
}

/** Prepared slices, before they are tensors: `input` [image × row × column × time point]. */
export interface Images {
  images: number
  rows: number
  columns: number
  input: Float32Array
}

/** Images and what is to be learnt of them: `target` [image × row × column × map], below 0 where it is not known. */
export interface Batch extends Images {
  target: Float32Array
}

/** A network that learns: the part of a training that computes with TensorFlow, and reads and writes no file. */
export interface Learner {
  readonly outline: NetworkOutline
  /** One step of the optimiser at a learning rate. Gives the loss before it, which may be no number. */
  step(batch: Batch, learningRate: number): Promise<number>
  /** The maps of images as the network is, 0..1 [image × row × column × map]. */
  predict(images: Images): Promise<Float32Array>
  /** As it is now; a learner that is opened with it goes on in the same bits. `tensors`: how many there are in memory. */
  state(): Promise<LearnerState & { tensors: number }>
  /** Throws `other-network` where the weights are another network's. */
  restoreWeights(weights: readonly StoredTensor[]): Promise<void>
  parts(): Promise<NetworkParts>
  dispose(): void
}

/** Begins a training, or goes on `from` where one was. Throws `other-network` where that was another network. */
export type OpenLearner = (spec: LearnerSpec, from: LearnerState | null) => Promise<Learner>
