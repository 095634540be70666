import vtkDataArray from '@kitware/vtk.js/Common/Core/DataArray'
import vtkImageData from '@kitware/vtk.js/Common/DataModel/ImageData'
import vtkPolyData from '@kitware/vtk.js/Common/DataModel/PolyData'
import vtkPolyDataNormals from '@kitware/vtk.js/Filters/Core/PolyDataNormals'
import vtkImageMarchingCubes from '@kitware/vtk.js/Filters/General/ImageMarchingCubes'
import vtkWindowedSinc from '@kitware/vtk.js/Filters/General/WindowedSincPolyDataFilter'
import type { Geometry, Vec3 } from '@contract'
import { voxelToWorld } from './geometry'

/** Triangles in the patient (LPS, mm). */
export interface Surface {
  points: Float32Array
  normals: Float32Array
  /** 3, a, b, c for each triangle. */
  polys: Uint32Array
}

/** A part of a mask, some voxels of each axis left out. */
export interface MaskPart {
  mask: Uint8Array
  size: Vec3
  /** Of its first voxel in the grid. */
  from: Vec3
  /** Voxels of the grid from one of it to the next. */
  step: Vec3
}

/** How much of the staircase between slices is smoothed away; shapes and small parts stay. */
const SMOOTHING = { numberOfIterations: 18, passBand: 0.08, nonManifoldSmoothing: 1, normalizeCoordinates: 1 }

/**
 * The box that holds what is inside of a mask, every `step`-th voxel of it; null where nothing is. A copy, to be sent to
 * a worker.
 */
export function partOf(mask: ArrayLike<number>, [nx, ny, nz]: Vec3, step: Vec3 = [1, 1, 1]): MaskPart | null {
  const lowest: Vec3 = [nx, ny, nz]
  const highest: Vec3 = [-1, -1, -1]
  for (let z = 0, at = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++, at++) {
        if (mask[at] !== 1) continue
        if (x < lowest[0]) lowest[0] = x
        if (x > highest[0]) highest[0] = x
        if (y < lowest[1]) lowest[1] = y
        if (y > highest[1]) highest[1] = y
        if (z < lowest[2]) lowest[2] = z
        if (z > highest[2]) highest[2] = z
      }
    }
  }
  if (highest[2] < 0) return null
  const size = highest.map((to, axis) => Math.floor((to - lowest[axis]) / step[axis]) + 1) as Vec3
  const part = new Uint8Array(size[0] * size[1] * size[2])
  for (let z = 0, at = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      const row = ((lowest[2] + z * step[2]) * ny + lowest[1] + y * step[1]) * nx + lowest[0]
      for (let x = 0; x < size[0]; x++) part[at++] = mask[row + x * step[0]] === 1 ? 1 : 0
    }
  }
  return { mask: part, size, from: lowest, step }
}

/** The part with a border of nothing around it, so that its surface is closed. */
function padded({ mask, size: [nx, ny, nz] }: MaskPart): vtkImageData {
  const size: Vec3 = [nx + 2, ny + 2, nz + 2]
  const values = new Uint8Array(size[0] * size[1] * size[2])
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      const row = (z * ny + y) * nx
      values.set(mask.subarray(row, row + nx), ((z + 1) * size[1] + y + 1) * size[0] + 1)
    }
  }
  const image = vtkImageData.newInstance()
  image.setDimensions(size)
  image.getPointData().setScalars(vtkDataArray.newInstance({ values, numberOfComponents: 1 }))
  return image
}

/** The surface of a part of a mask on a grid: marching cubes, its steps smoothed (Taubin et al., ECCV 1996). */
export function surfaceOf(part: MaskPart, geometry: Geometry): Surface {
  const cubes = vtkImageMarchingCubes.newInstance({
    contourValue: 0.5,
    computeNormals: false,
    mergePoints: true,
  })
  cubes.setInputData(padded(part))
  const smoothing = vtkWindowedSinc.newInstance(SMOOTHING)
  smoothing.setInputData(cubes.getOutputData())
  const smooth = smoothing.getOutputData()

  const voxels = smooth.getPoints().getData()
  const points = new Float32Array(voxels.length)
  for (let at = 0; at < points.length; at += 3) {
    const voxel = [0, 1, 2].map((axis) => part.from[axis] + part.step[axis] * (voxels[at + axis] - 1)) as Vec3
    points.set(voxelToWorld(geometry, voxel), at)
  }
  const polys = Uint32Array.from(smooth.getPolys().getData())
  const world = vtkPolyData.newInstance()
  world.getPoints().setData(points, 3)
  world.getPolys().setData(polys)
  const withNormals = vtkPolyDataNormals.newInstance()
  withNormals.setInputData(world)
  const normals = withNormals.getOutputData().getPointData().getNormals().getData()
  return { points, normals: Float32Array.from(normals), polys }
}
