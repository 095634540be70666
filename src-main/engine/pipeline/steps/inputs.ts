import { z } from 'zod'
import { vascularInputSchema, warningSchema, type VascularInput } from '@contract'
import { prepareInputs } from '../../perfusion'
import { never, perfusionSettings, type Step } from '../step'

const storedSchema = z.object({
  aif: vascularInputSchema,
  vof: vascularInputSchema.nullable(),
  arterial: z.object({ start: z.number(), step: z.number() }),
  arrival: z.number(),
  baselineFrames: z.array(z.number().int()),
  noise: z.number(),
  warnings: z.array(warningSchema),
  timings: z.record(z.string(), z.number()),
})

function describe(name: string, { quality, voxels, scale }: VascularInput): string {
  const scaled = scale === 1 ? '' : `, scaled by ${scale.toFixed(2)}`
  return `${name}: ${quality.grade}, ${voxels.length} voxels, peak ${quality.peak.toFixed(0)} at ${quality.timeToPeak.toFixed(1)} s${scaled}`
}

/** Brain, arterial input, venous output and the mask of the maps. */
export const inputsStep: Step<'inputs'> = {
  version: 2,
  optional: false,
  leftOut: never,
  dependsOn: ({ inputs }) => Promise.resolve(inputs),
  compute: async ({ settings, series }, run) =>
    prepareInputs(await series('filter', run), perfusionSettings(settings), run),
  encode: ({ arterial, mask, ...rest }) => ({
    json: storedSchema.parse({ ...rest, arterial }),
    arrays: { mask, value: arterial.value, integral: arterial.integral },
  }),
  decode: async ({ json, read }) => {
    const stored = storedSchema.parse(json)
    const [mask, value, integral] = await Promise.all([read('mask'), read('value'), read('integral')])
    return {
      ...stored,
      mask: mask as Uint8Array,
      arterial: { ...stored.arterial, value: value as Float64Array, integral: integral as Float64Array },
    }
  },
  report: ({ aif, vof, arrival, baselineFrames, warnings }) => ({
    result: [
      describe('Artery', aif),
      vof ? describe('Vein', vof) : 'Vein: none found',
      `Bolus arrives at ${arrival.toFixed(1)} s, after ${Math.min(...baselineFrames)} frames of baseline`,
    ],
    warnings,
  }),
}
