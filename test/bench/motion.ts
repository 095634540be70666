import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { motionSettingsSchema, type Vec3 } from '../../src-main/contract'
import { correctMotion } from '../../src-main/engine/registration'
import { compose, displacement, inverse, type Matrix3 } from '../../src-main/engine/registration/rigid'
import { centreOf } from '../../src-main/engine/registration/reducedGrid'
import { about, headOf, residualOf, truePose, type Head } from '../unit/registration/headOf'
import type { BenchRow } from './row'

const request = { size: 512, slices: 8, volumes: 12, interval: 4, motion: 3.4 } as const
/** The peer needs seconds a frame. */
const PEER_FRAMES = [3, 6, 9, 11]

interface PeerFrame {
  frame: number
  seconds: number
  matrix: number[][]
  offset: number[]
}

/** Frames by elastix' default rigid registration; null where itk-elastix is not installed. */
function byElastix({ series }: Head): PeerFrame[] | null {
  const folder = mkdtempSync(join(tmpdir(), 'umbra-motion-'))
  try {
    const path = join(folder, 'frames.raw')
    const { buffer, byteOffset, byteLength } = series.voxels
    writeFileSync(path, new Uint8Array(buffer, byteOffset, byteLength))
    const numbers = [...series.geometry.size, ...series.geometry.spacing, ...PEER_FRAMES].map(String)
    const peer = spawnSync('python3', ['test/bench/peers/elastix_rigid.py', path, ...numbers], {
      encoding: 'utf8',
    })
    return peer.status === 0 ? (JSON.parse(peer.stdout.slice(peer.stdout.indexOf('['))) as PeerFrame[]) : null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the peer leaves of a frame's motion; its world begins at the first voxel. */
function peerResidual(head: Head, { frame, matrix, offset }: PeerFrame): number {
  const { geometry } = head.series
  const centre = centreOf(geometry)
  const shift = offset as Vec3
  const found = about(centre, matrix.flat() as Matrix3, shift, geometry.origin)
  return displacement(compose(found, inverse(truePose(head, frame, centre))))
}

/**
 * Motion correction of a 512 × 512 × 8 head against elastix' default rigid registration, processor time (ours with all
 * its workers, and with the resampling of the frames) and what both leave of the motion.
 */
export async function benchMotion(): Promise<BenchRow[]> {
  const head = await headOf(request)
  const before = process.cpuUsage()
  const found = await correctMotion(head.series, motionSettingsSchema.parse({}))
  const { user, system } = process.cpuUsage(before)
  const residuals = found.frames.map((frame) => residualOf(head, found.slabs, frame).displacement)
  const peer = byElastix(head)
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const peerName = peer && 'itk-elastix, default rigid'
  return [
    {
      name: 'motion correction, 512 × 512 × 8, s of processor a frame',
      ours: (user + system) / 1e6 / head.series.frames,
      peer: peer && mean(peer.map(({ seconds }) => seconds)),
      peerName,
      limit: peer && 1 / 3,
    },
    {
      name: 'residual of 3.4 mm and 2° of motion, largest, mm',
      ours: Math.max(...residuals),
      peer: peer && Math.max(...peer.map((frame) => peerResidual(head, frame))),
      peerName,
      limit: peer ? 1 : 0.3,
    },
  ]
}
