import workerpool from 'workerpool'
import type { Vec3 } from '@contract'

/**
 * A mask (x fastest, then y, then z) with its empty slices between drawn ones filled by ITK's morphological contour
 * interpolation (Zukić et al., Insight Journal 2016), along the third axis only.
 */
async function interpolate(mask: Uint8Array, size: Vec3, spacing: Vec3): Promise<Uint8Array> {
  const { morphologicalContourInterpolationNode } =
    await import('@itk-wasm/morphological-contour-interpolation')
  const { outputImage } = await morphologicalContourInterpolationNode(
    {
      imageType: { dimension: 3, componentType: 'uint8', pixelType: 'Scalar', components: 1 },
      name: 'drawn',
      origin: [0, 0, 0],
      spacing,
      direction: new Float64Array([1, 0, 0, 0, 1, 0, 0, 0, 1]),
      size,
      data: mask,
      metadata: new Map(),
    },
    { axis: 2 },
  )
  return Uint8Array.from(outputImage.data as Uint8Array)
}

workerpool.worker({ interpolate })
