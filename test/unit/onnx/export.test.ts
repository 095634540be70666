import { beforeAll, describe, expect, it } from 'vitest'
import { fromBinary } from '@bufbuild/protobuf'
import { openTensorFlow, type TensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { resourcePath } from '../../../src-main/engine/files/resources'
import { loadModel, type LayersModel, type SymbolicTensor } from '../../../src-main/engine/networks'
import { onnxModel } from '../../../src-main/engine/onnx'
import { ModelProtoSchema } from '../../../src-main/engine/onnx/onnx_pb'
import { differenceOf, specOf, stirred, trainedUnet, twoMaps, type UnetOptions } from './networks'

let tf: TensorFlow
beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
})

describe('a network as an ONNX file makes by ONNX Runtime the maps that it makes by TensorFlow', () => {
  it('the network that comes with Umbra', async () => {
    const { network, spec } = await loadModel(tf, resourcePath('models', 'perfusion-unet-small'))
    expect(await differenceOf(tf, network, spec, [48, 80])).toBeLessThan(1e-5)
  })

  const three: UnetOptions['maps'] = [...twoMaps, { map: 'ttp', scale: 32 }]
  it.each<[string, UnetOptions, [number, number]]>([
    ['with batch normalisation', {}, [12, 20]],
    ['without batch normalisation', { batchNormalisation: false }, [12, 20]],
    ['of one stage', { depth: 1, width: 3 }, [2, 6]],
    ['of four stages and limited width', { depth: 4, width: 4, widest: 7 }, [16, 48]],
    ['for one size of image', { size: [8, 16] }, [8, 16]],
    ['for one map', { maps: twoMaps.slice(0, 1) }, [8, 8]],
    ['for three maps of an image as high as it has time points', { maps: three, timePoints: 8 }, [8, 8]],
    ['of width 1 for two time points', { width: 1, timePoints: 2 }, [4, 8]],
  ])('a U-Net %s', async (_, options, size) => {
    const network = trainedUnet(tf, options)
    expect(await differenceOf(tf, network, specOf(network, options), size)).toBeLessThan(1e-5)
  })

  type Build = (input: SymbolicTensor) => SymbolicTensor
  const apply = (
    layer: { apply(input: SymbolicTensor | SymbolicTensor[]): unknown },
    input: SymbolicTensor,
  ) => layer.apply(input) as SymbolicTensor
  const layers: Record<string, Build> = {
    'an even kernel': (x) => apply(tf.layers.conv2d({ filters: 2, kernelSize: [4, 2], padding: 'same' }), x),
    'a dilated kernel': (x) =>
      apply(tf.layers.conv2d({ filters: 2, kernelSize: 3, dilationRate: 2, padding: 'same' }), x),
    'a convolution with strides': (x) =>
      apply(
        tf.layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
        x,
      ),
    'a convolution without bias or borders': (x) =>
      apply(tf.layers.conv2d({ filters: 2, kernelSize: [3, 2], useBias: false, activation: 'tanh' }), x),
    'normalisation without scale or centre': (x) =>
      apply(tf.layers.batchNormalization({ scale: false, center: false, epsilon: 0.01 }), x),
    'maximum pooling over odd borders': (x) =>
      apply(tf.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), x),
    'average pooling that does not count borders': (x) =>
      apply(tf.layers.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }), x),
    'average pooling that leaves a rest': (x) => apply(tf.layers.averagePooling2d({ poolSize: 2 }), x),
    'enlargement of unlike sides': (x) => apply(tf.layers.upSampling2d({ size: [3, 2] }), x),
    rectifiers: (x) =>
      apply(tf.layers.reLU({ maxValue: 0.5 }), apply(tf.layers.leakyReLU({ alpha: 0.2 }), x)),
    'sums and a layer of training': (x) =>
      tf.layers.add().apply([x, apply(tf.layers.dropout({ rate: 0.5 }), x), x]) as SymbolicTensor,
    'a layer that is used twice': (x) => {
      const shared = tf.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', activation: 'sigmoid' })
      return tf.layers
        .concatenate({ axis: 2 })
        .apply([apply(shared, x), apply(shared, apply(shared, x))]) as SymbolicTensor
    },
  }

  it.each(Object.entries(layers))('%s', async (_, build) => {
    const input = tf.input({ shape: [null, null, 2], name: 'frames' })
    const network = stirred(tf, tf.model({ inputs: input, outputs: build(input) }))
    expect(network.outputs[0].shape[3]).toBe(2)
    expect(await differenceOf(tf, network, specOf(network, { timePoints: 2 }), [9, 7])).toBeLessThan(1e-5)
  })
})

describe('what an ONNX file cannot hold is refused by name', () => {
  const model = (build: (x: SymbolicTensor) => SymbolicTensor): LayersModel => {
    const input = tf.input({ shape: [null, null, 2], name: 'frames' })
    return tf.model({ inputs: input, outputs: build(input) })
  }

  it('a layer of another kind', () => {
    const network = model(
      (x) => tf.layers.depthwiseConv2d({ kernelSize: 3, name: 'by_channel' }).apply(x) as SymbolicTensor,
    )
    expect(() => onnxModel(network, specOf(network))).toThrow(/by_channel \(DepthwiseConv2D\).*kind/)
  })

  it('a setting of a known layer', () => {
    const network = model(
      (x) =>
        tf.layers
          .conv2d({ filters: 1, kernelSize: 1, activation: 'elu', name: 'last' })
          .apply(x) as SymbolicTensor,
    )
    expect(() => onnxModel(network, specOf(network))).toThrow(/last \(Conv2D\).*activation/)
  })

  it('a network with two outputs', () => {
    const input = tf.input({ shape: [8, 8, 2] })
    const outputs = [1, 2].map(
      (filters) => tf.layers.conv2d({ filters, kernelSize: 1 }).apply(input) as SymbolicTensor,
    )
    const network = tf.model({ inputs: input, outputs })
    expect(() => onnxModel(network, specOf(network))).toThrow(/1 inputs and 2 outputs/)
  })
})

it('an ONNX file says what it is', () => {
  const network = trainedUnet(tf)
  const spec = specOf(network)
  const file = fromBinary(ModelProtoSchema, onnxModel(network, spec, '# The card'))
  expect(Number(file.opsetImport[0].version)).toBeGreaterThanOrEqual(13)
  expect(file.producerName).toBe('Umbra')
  expect(file.docString).toBe('# The card')
  expect(JSON.parse(file.metadataProps[0].value)).toEqual(spec)
  const shapes = [file.graph?.input, file.graph?.output].map((values) =>
    values?.map(({ name, type }) => [
      name,
      ...(type?.value.value?.shape?.dim ?? []).map(({ value }) => `${value.value}`),
    ]),
  )
  expect(shapes).toEqual([
    [['frames', 'batch', 'rows', 'columns', '6']],
    [['maps', 'batch', 'rows', 'columns', '2']],
  ])
})
