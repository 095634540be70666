import type * as Core from '@tensorflow/tfjs-core'
import type * as Layers from '@tensorflow/tfjs-layers'

/** TensorFlow as the networks use it; which library computes is the concern of compute/tensorflow. */
export type TensorFlow = Pick<
  typeof Core,
  | 'tensor'
  | 'tensor4d'
  | 'tidy'
  | 'dispose'
  | 'memory'
  | 'train'
  | 'io'
  | 'scalar'
  | 'zeros'
  | 'add'
  | 'sqrt'
  | 'sum'
  | 'mean'
  | 'mul'
  | 'div'
  | 'sub'
  | 'square'
  | 'cast'
  | 'greaterEqual'
  | 'maximum'
  | 'getBackend'
> &
  Pick<typeof Layers, 'layers' | 'input' | 'model' | 'initializers' | 'loadLayersModel'>
export type { Tensor, Tensor4D, NamedTensorMap, Optimizer } from '@tensorflow/tfjs-core'
export type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
/** A layer of a network, of any kind. */
export type Layer = Layers.SymbolicTensor['sourceLayer']
