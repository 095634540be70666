import type { Image } from 'itk-wasm'
import type { Geometry } from '@contract'
import { rotate, type Matrix3, type Rigid } from './rigid'

/** Rigid, mean squares, two resolutions: enough to come within reach of the fine alignment. */
const parameters = {
  Transform: ['EulerTransform'],
  Metric: ['AdvancedMeanSquares'],
  Registration: ['MultiResolutionRegistration'],
  Optimizer: ['AdaptiveStochasticGradientDescent'],
  AutomaticParameterEstimation: ['true'],
  AutomaticScalesEstimation: ['true'],
  AutomaticTransformInitialization: ['true'],
  AutomaticTransformInitializationMethod: ['CenterOfGravity'],
  NumberOfResolutions: ['2'],
  ImagePyramidSchedule: ['4', '4', '1', '1', '1', '0'],
  FixedImagePyramid: ['FixedSmoothingImagePyramid'],
  MovingImagePyramid: ['MovingSmoothingImagePyramid'],
  MaximumNumberOfIterations: ['150'],
  ImageSampler: ['RandomCoordinate'],
  NumberOfSpatialSamples: ['2048'],
  NumberOfSamplesForExactGradient: ['4096'],
  NewSamplesEveryIteration: ['true'],
  RequiredRatioOfValidSamples: ['0.1'],
  Interpolator: ['LinearInterpolator'],
  ResampleInterpolator: ['FinalLinearInterpolator'],
  Resampler: ['DefaultResampler'],
  HowToCombineTransforms: ['Compose'],
  FixedInternalImagePixelType: ['float'],
  MovingInternalImagePixelType: ['float'],
  WriteResultImage: ['false'],
}

interface EulerResult {
  Transform: string[]
  TransformParameters: string[]
  CenterOfRotationPoint: string[]
  ComputeZYX?: string[]
}

/**
 * Looks for a head that lies far from its place: elastix (Klein 2010), on images of one grid. Resolves to the motion
 * that takes points of the reference to points of the frame, about `centre`; null where elastix finds none.
 */
export async function searchMotion(
  geometry: Geometry,
  reference: Float32Array,
  frame: Float32Array,
  centre: Rigid['centre'],
  overrides: Record<string, string[]> = {},
): Promise<Rigid | null> {
  // elastix fails on an image without contrast.
  if (frame.every((value) => value === frame[0])) return null
  const { elastixNode } = await import('@itk-wasm/elastix')
  const images = { fixed: itkImage(geometry, reference), moving: itkImage(geometry, frame) }
  const result = await elastixNode([{ ...parameters, ...overrides }], images).catch(() => null)
  const found = (result?.transformParameterObject as EulerResult[] | undefined)?.at(-1)
  return found ? aboutCentre(found, centre) : null
}

/** ITK's images: world is LPS as ours, the axes are the columns of the direction. */
export function itkImage(
  { size, spacing, origin, direction: [x, y, z] }: Geometry,
  data: Float32Array,
): Image {
  return {
    imageType: { dimension: 3, componentType: 'float32', pixelType: 'Scalar', components: 1 },
    name: '',
    origin: [...origin],
    spacing: [...spacing],
    direction: new Float64Array([x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]]),
    size: [...size],
    metadata: new Map(),
    data,
  } as unknown as Image
}

/** An Euler transform of elastix: R = Rz · Rx · Ry, or Rz · Ry · Rx where ComputeZYX is set. */
function aboutCentre(found: EulerResult, centre: Rigid['centre']): Rigid | null {
  const [a, b, c, ...shift] = found.TransformParameters.map(Number)
  const from = found.CenterOfRotationPoint.map(Number)
  if (found.Transform[0] !== 'EulerTransform' || ![a, b, c, ...shift, ...from].every(Number.isFinite)) {
    return null
  }
  const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((angle) => [Math.cos(angle), Math.sin(angle)])
  const zyx = found.ComputeZYX?.[0] === 'true'
  const rotation = (
    zyx
      ? [
          cc * cb,
          cc * sb * sa - sc * ca,
          cc * sb * ca + sc * sa,
          sc * cb,
          sc * sb * sa + cc * ca,
          sc * sb * ca - cc * sa,
          -sb,
          cb * sa,
          cb * ca,
        ]
      : [
          cc * cb - sc * sa * sb,
          -sc * ca,
          cc * sb + sc * sa * cb,
          sc * cb + cc * sa * sb,
          cc * ca,
          sc * sb - cc * sa * cb,
          -ca * sb,
          sa,
          ca * cb,
        ]
  ) as Matrix3
  const turned = rotate(rotation, [centre[0] - from[0], centre[1] - from[1], centre[2] - from[2]])
  const along = (axis: 0 | 1 | 2): number => turned[axis] + from[axis] + shift[axis] - centre[axis]
  return { rotation, translation: [along(0), along(1), along(2)], centre }
}
