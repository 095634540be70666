import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTensorFlow, type TensorFlow } from '../../src-main/engine/compute/tensorflow'
import { resourcePath } from '../../src-main/engine/files/resources'
import { loadModel, type LayersModel, type Tensor4D } from '../../src-main/engine/networks'
import { onnxModel } from '../../src-main/engine/onnx'
import { openOnnxModel } from '../../src-main/engine/prediction'
import { largestDifference, noise, specOf, trainedUnet, twoMaps } from '../unit/onnx/networks'
import { hasPython, python } from './peers'

let tf: TensorFlow
let folder: string
beforeAll(async () => {
  tf = (await openTensorFlow({ backend: 'wasm' })).tf
  folder = await mkdtemp(join(tmpdir(), 'umbra-onnx-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The reference checker with full inference of shapes, then the reference runtime, on an input given as float32. */
const reference = `
import json, sys, numpy, onnx, onnxruntime
path, frames, rows, columns = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
model = onnx.load(path)
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
x = numpy.fromfile(frames, '<f4').reshape(1, rows, columns, -1)
maps = session.run(None, {session.get_inputs()[0].name: x})[0]
print(json.dumps({'shape': maps.shape, 'opset': model.opset_import[0].version, 'maps': maps.ravel().tolist()}))
`

describe.skipIf(!hasPython('onnx', 'onnxruntime', 'numpy'))(
  'ONNX files, by the reference implementation',
  () => {
    const networks: Record<string, () => Promise<LayersModel> | LayersModel> = {
      'the network that comes with Umbra': async () =>
        (await loadModel(tf, resourcePath('models', 'perfusion-unet-small'))).network,
      'with batch normalisation': () => trainedUnet(tf),
      'without it, four stages': () => trainedUnet(tf, { depth: 4, width: 3, batchNormalisation: false }),
      'of one size': () => trainedUnet(tf, { size: [48, 64], maps: twoMaps.slice(0, 1) }),
    }

    it.each(Object.entries(networks))(
      'are valid, and predict what the network does: %s',
      async (name, build) => {
        const network = await build()
        const path = join(folder, `${name}.onnx`)
        await writeFile(path, onnxModel(network, specOf(network)))
        const shape = [1, 48, 64, network.inputs[0].shape[3] as number] as [number, number, number, number]
        const input = noise(shape[1] * shape[2] * shape[3])
        await writeFile(join(folder, 'frames'), new Uint8Array(input.buffer))
        const ours = network.predict(tf.tensor4d(input, shape)) as Tensor4D
        const theirs = python<{ shape: number[]; opset: number; maps: number[] }>(
          reference,
          path,
          join(folder, 'frames'),
          '48',
          '64',
        )
        expect(theirs.shape).toEqual(ours.shape)
        expect(theirs.opset).toBeGreaterThanOrEqual(13)
        const difference = largestDifference(
          (await ours.data()) as Float32Array,
          Float32Array.from(theirs.maps),
        )
        expect(difference).toBeLessThan(1e-5)
      },
    )
  },
)

/** A small U-Net, channels first, by PyTorch's exporter; prints what PyTorch makes of the noise in a file. */
const torchModel = `
import contextlib, json, sys, numpy, torch
from torch import nn
torch.manual_seed(0)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(6, 8, 3, padding=1), nn.BatchNorm2d(8), nn.LeakyReLU(0.1))
        self.deep = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(8, 8, 3, padding=1), nn.GELU())
        self.up = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.maps = nn.Conv2d(16, 2, 1)
    def forward(self, x):
        skip = self.down(x)
        return torch.sigmoid(self.maps(torch.cat([skip, self.up(self.deep(skip))], 1)))
net = Net()
net.down[1].running_var.uniform_(0.5, 2.0)
net.eval()
x = torch.from_numpy(numpy.fromfile(sys.argv[2], '<f4').reshape(1, 16, 24, 6)).permute(0, 3, 1, 2)
dynamo = sys.argv[3] == 'dynamo'
halves = {2: torch.export.Dim('a', max=512) * 2, 3: torch.export.Dim('b', max=512) * 2} if dynamo else None
sides = {2: 'h', 3: 'w'}
free = {'dynamic_shapes': {'x': halves}} if dynamo else {'dynamic_axes': {'x': sides, 'y': sides}}
with contextlib.redirect_stdout(sys.stderr):
    torch.onnx.export(net, x.contiguous(), sys.argv[1], input_names=['x'], output_names=['y'], dynamo=dynamo, **free)
with torch.no_grad():
    print(json.dumps(net(x).permute(0, 2, 3, 1).ravel().tolist()))
`

describe.skipIf(!hasPython('torch', 'onnx', 'numpy'))('networks that PyTorch exported', () => {
  it.each(['script', ...(hasPython('onnxscript') ? ['dynamo'] : [])])(
    'predict as there: %s',
    async (exporter) => {
      const path = join(folder, exporter, 'torch.onnx')
      const [rows, columns] = [16, 24]
      const input = noise(rows * columns * 6)
      await writeFile(join(folder, 'frames'), new Uint8Array(input.buffer))
      await mkdir(join(folder, exporter))
      const theirs = Float32Array.from(python<number[]>(torchModel, path, join(folder, 'frames'), exporter))
      const about = { format: 1, name: 'torch', input: { timePoints: 6 }, outputs: twoMaps }
      const network = { name: 'onnx', stride: 2 }
      await writeFile(join(folder, exporter, 'umbra-model.json'), JSON.stringify({ ...about, network }))
      const model = await openOnnxModel(path)
      const ours = await model.infer(input, rows, columns)
      await model.close()
      expect(largestDifference(ours, theirs)).toBeLessThan(1e-5)
    },
  )
})
