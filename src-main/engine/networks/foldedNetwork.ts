import type { LayersModel, SymbolicTensor, Tensor, TensorFlow } from './tensorflow'

type Layer = LayersModel['layers'][number]

/** A convolution with what follows it and can be done in the same pass. */
interface Run {
  convolution: Layer
  normalisation: Layer | null
  rectifier: Layer | null
}

/** The only layer that takes the output of `layer`; null where there are several, or the output leaves the network. */
function onlyReader(layer: Layer, network: LayersModel): Layer | null {
  const leaves = network.outputs.some((output) => output.sourceLayer === layer)
  return leaves || layer.outboundNodes.length !== 1 ? null : layer.outboundNodes[0].outboundLayer
}

function runFrom(convolution: Layer, network: LayersModel): Run | null {
  const { activation, dataFormat } = convolution.getConfig()
  if (convolution.getClassName() !== 'Conv2D' || activation !== 'linear') return null
  if (dataFormat !== 'channelsLast') return null
  let next = onlyReader(convolution, network)
  let normalisation: Layer | null = null
  const config = next?.getConfig()
  if (next?.getClassName() === 'BatchNormalization' && (config?.axis === -1 || config?.axis === 3)) {
    normalisation = next
    next = onlyReader(next, network)
  }
  const plain = next?.getClassName() === 'ReLU' && typeof next.getConfig().maxValue !== 'number'
  return { convolution, normalisation, rectifier: plain ? next : null }
}

/** The kernel and bias of the convolution with the normalisation by its moving moments multiplied in. */
function foldedWeights(tf: TensorFlow, { convolution, normalisation }: Run): Tensor[] {
  const [kernel, bias] = convolution.getWeights()
  const offset = bias ?? tf.zeros([kernel.shape[3] as number])
  if (!normalisation) return [kernel, offset]
  const { epsilon, scale, center } = normalisation.getConfig() as Record<string, number | boolean>
  const weights = normalisation.getWeights()
  const gamma = scale ? weights.shift() : undefined
  const beta = center ? weights.shift() : undefined
  const [mean, variance] = weights
  const inverse = tf.div(gamma ?? tf.scalar(1), tf.sqrt(tf.add(variance, epsilon as number)))
  const moved = tf.mul(tf.sub(offset, mean), inverse)
  return [tf.mul(kernel, inverse), beta ? tf.add(moved, beta) : moved]
}

/** A layer of the same kind and name with other settings, applied to `inputs`. */
function applied(layer: Layer, changes: object, inputs: SymbolicTensor[]): [Layer, SymbolicTensor] {
  const Kind = layer.constructor as new (config: object) => Layer
  const copy = new Kind({ ...layer.getConfig(), ...changes })
  // Its weights are set at once: nothing is drawn for them.
  copy.setFastWeightInitDuringBuild(true)
  return [copy, copy.apply(inputs.length === 1 ? inputs[0] : inputs) as SymbolicTensor]
}

/**
 * The same network for prediction only: each convolution with the batch normalisation after it folded into its weights,
 * and with the rectifier after that as its activation, so that a backend can do all three in one pass. The values are
 * the same but for rounding. Takes the place of `network`, which is disposed of; a network that shares layers or has
 * several inputs is given back as it is.
 */
export function foldNetwork(tf: TensorFlow, network: LayersModel): LayersModel {
  const plain = network.layers.every(
    ({ inboundNodes }) => inboundNodes.length === 1 && inboundNodes[0].outputTensors.length === 1,
  )
  if (!plain || network.inputs.length !== 1) return network
  const made = new Map<string, SymbolicTensor>()
  const folded = new Set<Layer>()
  const [{ shape }] = network.inputs
  const input = tf.input({ batchShape: shape, name: network.inputs[0].sourceLayer.name })
  for (const layer of network.layers) {
    if (folded.has(layer)) continue
    const { inputTensors } = layer.inboundNodes[0]
    if (inputTensors.length === 0 || layer === network.inputs[0].sourceLayer) {
      made.set(layer.name, input)
      continue
    }
    const inputs = inputTensors.map(({ sourceLayer }) => made.get(sourceLayer.name) as SymbolicTensor)
    const run = runFrom(layer, network)
    const changes = run && { useBias: true, activation: run.rectifier ? 'relu' : 'linear' }
    const [copy, output] = applied(layer, changes ?? {}, inputs)
    tf.tidy(() => copy.setWeights(run ? foldedWeights(tf, run) : layer.getWeights()))
    for (const each of [layer, run?.normalisation, run?.rectifier]) {
      if (!each) continue
      folded.add(each)
      made.set(each.name, output)
    }
  }
  const outputs = network.outputs.map(({ sourceLayer }) => made.get(sourceLayer.name) as SymbolicTensor)
  const result = tf.model({ inputs: input, outputs, name: network.name })
  network.dispose()
  return result
}
