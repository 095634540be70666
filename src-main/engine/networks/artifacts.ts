import { UmbraError } from '@contract'
import type { LayersModel, TensorFlow } from './tensorflow'
import type { WeightEntry } from './weightCheck'

// Without files: the hidden window uses it too.

/** The layers and weights of a network, as TensorFlow.js keeps them: `weights` holds those of `weightSpecs` in their order. */
export interface NetworkParts {
  modelTopology: object
  weightSpecs: WeightEntry[]
  weights: Uint8Array
}

/** The shapes of what a network takes and makes, null for any length, and the number of its weights. */
export interface NetworkOutline {
  inputs: (number | null)[][]
  outputs: (number | null)[][]
  parameters: number
}

export function outlineOf(network: LayersModel): NetworkOutline {
  return {
    inputs: network.inputs.map(({ shape }) => [...shape]),
    outputs: network.outputs.map(({ shape }) => [...shape]),
    parameters: network.countParams(),
  }
}

/** Takes a network apart. Its weights are copied. */
export async function partsOf(tf: TensorFlow, network: LayersModel): Promise<NetworkParts> {
  let parts: NetworkParts | null = null
  await network.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      parts = {
        modelTopology: modelTopology as object,
        weightSpecs: (weightSpecs ?? []) as WeightEntry[],
        weights: joined(weightData),
      }
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    }),
  )
  return parts as unknown as NetworkParts
}

/**
 * Builds a network from its parts, which were read from `where`. Throws `damaged-model` where its layers are not known or
 * do not take the weights.
 */
export async function networkFrom(tf: TensorFlow, parts: NetworkParts, where: string): Promise<LayersModel> {
  const { modelTopology, weightSpecs, weights } = parts
  const whole = weights.byteLength === weights.buffer.byteLength
  const handler = tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightSpecs as Parameters<TensorFlow['io']['fromMemory']>[1],
    weightData: whole ? weights.buffer : Uint8Array.from(weights).buffer,
  })
  return tf.loadLayersModel(handler).catch((thrown: Error) => {
    throw new UmbraError({
      code: 'damaged-model',
      message: `The network in model.json cannot be built: ${thrown.message}`,
      hint: 'Copy the model again, or train it again.',
      where,
    })
  })
}

function joined(data: ArrayBuffer | ArrayBuffer[] | undefined): Uint8Array {
  const parts = data === undefined ? [] : Array.isArray(data) ? data : [data]
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    all.set(new Uint8Array(part), at)
    at += part.byteLength
  }
  return all
}
