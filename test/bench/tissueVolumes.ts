import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  mapsMethods,
  pipelineSettingsSchema,
  tissueAtRiskRuleSchema,
  type MapsMethod,
  type PipelineSettings,
} from '../../src-main/contract'
import {
  lesionVolumes,
  makePhantom,
  phantomOptions,
  phantomSeries,
  type Phantom,
} from '../../src-main/engine/phantom'
import {
  openArtefactStore,
  runPipeline,
  seriesSource,
  type ArtefactStore,
} from '../../src-main/engine/pipeline'
import { assessTissueAtRisk, type TissueAtRiskAssessment } from '../../src-main/engine/tissueAtRisk'
import type { VolumeSeries } from '../../src-main/engine/volume'

/**
 * `npm run volumes`: the volumes of core and hypoperfusion that a run of the pipeline finds in head phantoms with lesions
 * of known size, by every method, against the truth. Found within 10 % or 3 ml is right; on a normal head, less than 1 ml
 * of core.
 */
const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: '160' },
    slices: { type: 'string', default: '8' },
    frames: { type: 'string', default: '45' },
    noise: { type: 'string', default: '0,5,8' },
    /** mm, and 0.6 degree each. */
    motion: { type: 'string', default: '0' },
    lesions: { type: 'string', default: 'none,pca-right:8+20,mca-left:25+60' },
    methods: { type: 'string', default: mapsMethods.join() },
    seeds: { type: 'string', default: '11' },
    residue: { type: 'string', default: 'box' },
    set: { type: 'string', default: '{}' },
    rule: { type: 'string', default: '{}' },
    out: { type: 'string' },
  },
})
const listed = (text: string): string[] => text.split(',').filter((each) => each !== '')

interface Volumes {
  coreMl: number
  hypoperfusionMl: number
}

async function assessmentOf(
  series: VolumeSeries,
  method: MapsMethod,
  store: ArtefactStore,
): Promise<TissueAtRiskAssessment> {
  const changes = JSON.parse(options.set) as Partial<Record<keyof PipelineSettings, object>>
  const settings = pipelineSettingsSchema.parse({
    ...changes,
    deconvolve: { ...(method === 'cnn' ? {} : { method }), ...changes.deconvolve },
    predict: { enabled: method === 'cnn' },
  })
  if (options.rule !== '{}') {
    settings.tissueAtRisk.rule = tissueAtRiskRuleSchema.parse(JSON.parse(options.rule))
  }
  const source = seriesSource(series, 'A phantom')
  const { results, record } = await runPipeline({ source, settings, directory: null, store, backend: 'auto' })
  const maps = method === 'cnn' ? results.predict : results.deconvolve
  if (!maps || !results.tissueAtRisk) throw new Error(record.error?.message ?? 'no maps')
  return method === 'cnn' ? assessTissueAtRisk(maps, settings.tissueAtRisk.rule) : results.tissueAtRisk
}

const within = (found: number, truth: number): boolean => Math.abs(found - truth) <= Math.max(3, 0.1 * truth)

function right(found: Volumes, truth: Volumes): boolean {
  if (truth.hypoperfusionMl === 0) return found.coreMl < 1
  return within(found.coreMl, truth.coreMl) && within(found.hypoperfusionMl, truth.hypoperfusionMl)
}

async function main(): Promise<void> {
  const rows: string[] = []
  const store = mkdtempSync(join(tmpdir(), 'umbra-volumes-'))
  const methods = listed(options.methods) as MapsMethod[]
  const head = ['lesion', 'noise', 'motion', ...methods]
  rows.push(`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`)
  process.stdout.write(`${rows.join('\n')}\n`)
  let wrong = 0
  try {
    for (const lesion of listed(options.lesions)) {
      for (const noise of listed(options.noise)) {
        for (const motion of listed(options.motion)) {
          for (const seed of listed(options.seeds)) {
            const phantom: Phantom = await makePhantom(
              phantomOptions({
                size: Number(options.size),
                slices: Number(options.slices),
                volumes: Number(options.frames),
                noise: Number(noise),
                motion: Number(motion),
                residue: options.residue as 'box',
                lesion,
                seed: Number(seed),
              }),
            )
            const series = await phantomSeries(phantom)
            const { coreMl, penumbraMl } = lesionVolumes(phantom)
            const truth = { coreMl, hypoperfusionMl: coreMl + penumbraMl }
            const cells: string[] = []
            for (const method of methods) {
              const found = await assessmentOf(series, method, openArtefactStore(store))
              const passed = right(found, truth)
              if (!passed) wrong++
              const cell = `${found.coreMl.toFixed(1)} / ${found.hypoperfusionMl.toFixed(1)}`
              cells.push(passed ? cell : `**${cell}**`)
            }
            const asked = `${lesion.split(':')[0]} ${coreMl.toFixed(1)} / ${truth.hypoperfusionMl.toFixed(1)}`
            const row = `| ${[asked, noise, motion, ...cells].join(' | ')} |`
            rows.push(row)
            process.stdout.write(`${row}\n`)
          }
        }
      }
    }
  } finally {
    rmSync(store, { recursive: true, force: true })
  }
  console.error(`${wrong} not within 10 % or 3 ml (bold)`)
  if (options.out) writeFileSync(resolve(options.out), `${rows.join('\n')}\n`)
}

void main()
