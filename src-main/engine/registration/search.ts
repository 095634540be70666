import type { Image as ItkImage } from 'itk-wasm'
import type { Geometry } from '@contract'
import type { Image as MutualImage } from './mutualInformation'
import { apply, compose, inverse, rotate, type Matrix3, type Rigid } from './rigid'

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

/** Between series of different kinds: mutual information, from where the search is begun. */
const acrossKinds = {
  Metric: ['AdvancedMattesMutualInformation'],
  NumberOfHistogramBins: ['32'],
  AutomaticTransformInitialization: ['false'],
  MaximumNumberOfIterations: ['250'],
  NumberOfResolutions: ['3'],
  ImagePyramidSchedule: ['4', '4', '1', '2', '2', '1', '1', '1', '0'],
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
): Promise<Rigid | null> {
  // elastix fails on an image without contrast.
  if (frame.every((value) => value === frame[0])) return null
  return byElastix(parameters, itkImage(geometry, reference), itkImage(geometry, frame), centre)
}

/** The same between two series, from a first guess; the motion takes points of the fixed image to points of the moving one. */
export async function searchAcross(
  fixed: MutualImage,
  moving: MutualImage,
  guess: Rigid,
): Promise<Rigid | null> {
  // elastix begins at rest: the moving image is brought to where the guess says it lies.
  const placed = movedGeometry(moving.geometry, inverse(guess))
  const found = await byElastix(
    { ...parameters, ...acrossKinds },
    itkImage(fixed.geometry, fixed.values),
    itkImage(placed, moving.values),
    guess.centre,
  )
  return found && compose(guess, found)
}

async function byElastix(
  map: Record<string, string[]>,
  fixed: ItkImage,
  moving: ItkImage,
  centre: Rigid['centre'],
): Promise<Rigid | null> {
  const { elastixNode } = await import('@itk-wasm/elastix')
  const result = await elastixNode([map], { fixed, moving }).catch(() => null)
  const found = (result?.transformParameterObject as EulerResult[] | undefined)?.at(-1)
  return found ? aboutCentre(found, centre) : null
}

function movedGeometry(geometry: Geometry, motion: Rigid): Geometry {
  const [x, y, z] = geometry.direction.map((axis) => rotate(motion.rotation, axis))
  return { ...geometry, origin: apply(motion, geometry.origin), direction: [x, y, z] }
}

/** ITK's images: world is LPS as ours, the axes are the columns of the direction. */
function itkImage({ size, spacing, origin, direction: [x, y, z] }: Geometry, data: Float32Array): ItkImage {
  return {
    imageType: { dimension: 3, componentType: 'float32', pixelType: 'Scalar', components: 1 },
    name: '',
    origin: [...origin],
    spacing: [...spacing],
    direction: new Float64Array([x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]]),
    size: [...size],
    metadata: new Map(),
    data,
  } as unknown as ItkImage
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
