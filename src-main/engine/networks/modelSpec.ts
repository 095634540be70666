import { z } from 'zod'
import { mapNames, type MapName } from '@contract'

const ascending = z
  .tuple([z.number().positive(), z.number().positive()])
  .refine(([lowest, highest]) => lowest <= highest, 'the lower end comes first')

/** What the time series of a slice is turned into before a network sees it. Kept with the model. */
export const inputSpecSchema = z
  .strictObject({
    /** Channels of the network. */
    timePoints: z.number().int().min(2).max(400).default(28),
    /** Seconds between them. */
    interval: z.number().positive().max(10).default(1.5),
    /** Where the network's time begins: at the first frame, or `lead` seconds before the bolus arrives. */
    origin: z.enum(['arrival', 'first-frame']).default('arrival'),
    lead: z.number().min(0).max(30).default(3),
    /**
     * `window`: HU from `lower`..`upper` to 0..1, as in the paper. `enhancement`: the first channel is the baseline image
     * (0 at 30 HU, 1 at 50 HU), the others are enhancement in per cent of the area of the largest vessels per second, so
     * that a larger injection looks the same; values beyond about 2 are compressed (2·asinh(x/2)).
     */
    values: z.enum(['window', 'enhancement']).default('enhancement'),
    lower: z.number().default(0),
    upper: z.number().default(100),
    /** In-plane size of a pixel that the network works at, mm; null: that of the series. */
    spacing: z.number().positive().max(10).nullable().default(0.9),
    /** Bilateral filter on every frame before all else; null: none. The paper's: 3 mm, 20 HU. */
    filter: z
      .strictObject({ spatial: z.number().positive().max(20), range: z.number().positive().max(1000) })
      .nullable()
      .default(null),
    /**
     * What most arterial boluses that were learned were like: their width at half height, s, and the time from arrival to
     * peak as a share of it. A prediction tells others in another time; left out: unknown, time is never changed.
     */
    bolus: z.strictObject({ width: ascending, rise: ascending }).optional(),
  })
  .refine(({ lower, upper }) => upper > lower, {
    path: ['upper'],
    message: 'the upper end of the window must be above its lower end',
  })
export type InputSpec = z.output<typeof inputSpecSchema>

/** The maps of a network, in the order of its output channels, and the value that 1 stands for, in the map's unit. */
export const outputSpecSchema = z
  .array(z.strictObject({ map: z.enum(mapNames), scale: z.number().min(0.001).max(10_000) }))
  .min(1)
  .refine((outputs) => new Set(outputs.map(({ map }) => map)).size === outputs.length, 'each map only once')
export type OutputSpec = z.output<typeof outputSpecSchema>

/** ml/100 g/min, ml/100 g, s. */
export const usualScales: Record<MapName, number> = {
  cbf: 110,
  cbv: 8,
  mtt: 30,
  ttp: 32,
  tmax: 24,
  delay: 20,
}
