import { z } from 'zod'
import type { Vec3 } from '@contract'

/**
 * What makes one patient differ from another: build and position of the head, shape of the bolus, flow, and how hard
 * the lesion is hit. Everything left out is as in the standard phantom.
 */
export const individualSchema = z.strictObject({
  head: z
    .strictObject({
      /** Of the standard head, left–right, front–back, feet–head. */
      scale: z.tuple([z.number(), z.number(), z.number()]).default([1, 1, 1]),
      /** mm, right, forward, up. */
      shift: z.tuple([z.number(), z.number(), z.number()]).default([0, 0, 0]),
      /** Turned about the long axis of the body, degrees. */
      turn: z.number().min(-45).max(45).default(0),
    })
    .prefault({}),
  bolus: z
    .strictObject({
      /** Arrival in the artery, s from the first frame. */
      arrival: z.number().min(0).max(60).default(8),
      /** HU in pure blood. */
      peak: z.number().positive().max(2000).default(400),
      /** Of the gamma variate; its peak comes α·β s after the arrival. */
      alpha: z.number().min(1).max(10).default(3),
      beta: z.number().min(0.3).max(6).default(1.5),
      /** Height of the second pass, of the first. */
      recirculation: z.number().min(0).max(0.5).default(0.07),
      /** From the artery to the great veins, s. */
      venousDelay: z.number().min(0).max(30).default(4.5),
      venousDispersion: z.number().positive().max(20).default(2),
    })
    .prefault({}),
  perfusion: z
    .strictObject({
      /** Of normal blood flow and volume, in all tissue. */
      flow: z.number().positive().max(5).default(1),
      volume: z.number().positive().max(5).default(1),
      /** In core and penumbra, on top of their own state. */
      lesionFlow: z.number().positive().max(5).default(1),
      lesionVolume: z.number().positive().max(5).default(1),
      /** Added to the arrival in core and penumbra, s. */
      lesionDelay: z.number().min(-4).max(20).default(0),
    })
    .prefault({}),
})
export type Individual = z.output<typeof individualSchema>

/** Where a head lies: its own MNI space (RAS, mm) to the space that the standard head fills, and back. */
export interface Placement {
  toPatient(position: Vec3): Vec3
  toHead(x: number, y: number, z: number): Vec3
}

/** The placement of a head that is scaled, then turned, then shifted. */
export function headPlacement({ scale, shift, turn }: Individual['head']): Placement {
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)]
  return {
    toPatient: ([x, y, z]) => {
      const [sx, sy] = [scale[0] * x, scale[1] * y]
      return [cos * sx - sin * sy + shift[0], sin * sx + cos * sy + shift[1], scale[2] * z + shift[2]]
    },
    toHead: (x, y, z) => {
      const [dx, dy] = [x - shift[0], y - shift[1]]
      return [(cos * dx + sin * dy) / scale[0], (cos * dy - sin * dx) / scale[1], (z - shift[2]) / scale[2]]
    },
  }
}
