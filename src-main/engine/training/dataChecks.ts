import { resolve } from 'node:path'
import { UmbraError, type Warning } from '@contract'
import type { OutputSpec } from '../networks'
import type { CachedStudy } from './cache'
import type { LabelledStudy } from './cohort'
import type { Split } from './split'

/**
 * Throws `nan-in-data` where a map holds values that are no numbers, `constant-map` where it says nothing, `map-unit` where
 * most of it is far above what it is normalised with, as in another unit or without its rescale.
 */
export function refuseUselessMaps(
  { maps, known }: Pick<LabelledStudy, 'maps' | 'known'>,
  outputs: OutputSpec,
): void {
  if (!known.includes(1)) {
    throw new UmbraError({
      code: 'empty-study',
      message: 'The maps of the study are known nowhere: its mask is empty.',
      hint: 'Leave the study out, or give it the mask of its brain.',
    })
  }
  for (const { map: name, scale } of outputs) {
    const values = maps[name]
    if (!values) continue
    let [least, most, beyond, inside] = [Infinity, -Infinity, 0, 0]
    for (let i = 0; i < values.length; i++) {
      if (known[i] === 0) continue
      if (!Number.isFinite(values[i])) {
        throw new UmbraError({
          code: 'nan-in-data',
          message: `The ${name.toUpperCase()} map holds values that are no numbers.`,
          hint: 'Leave the study out, or export its maps again.',
        })
      }
      least = Math.min(least, values[i])
      most = Math.max(most, values[i])
      inside++
      if (values[i] > FAR_BEYOND * scale) beyond++
    }
    if (beyond > inside / 2) {
      throw new UmbraError({
        code: 'map-unit',
        message: `Most of the ${name.toUpperCase()} map is more than ${FAR_BEYOND} times the ${scale} that it is normalised with: it is in another unit.`,
        hint: 'Maps are in ml/100 g (CBV), ml/100 g/min (CBF) and s. Export the map again, or correct outputs.',
      })
    }
    if (least < most) continue
    throw new UmbraError({
      code: 'constant-map',
      message: `The ${name.toUpperCase()} map is ${least} everywhere: there is nothing to learn from it.`,
      hint: 'Leave the study out, or export its maps again.',
    })
  }
}

/** Of the scale. */
const FAR_BEYOND = 3

/** Tissue that is supplied late: Tmax above this, s; where only TTP is known, this much above its median. */
const LATE = 6
const LATE_PEAK = 4.5
/** ml: less is noise. */
const LEAST_LESION = 1

/** Volume, ml, of hypoperfused tissue by fixed thresholds; null where neither Tmax nor TTP is known. */
export function hypoperfusedVolume({ maps, known }: LabelledStudy, voxelMl: number): number | null {
  const values = maps.tmax ?? maps.ttp
  if (!values) return null
  let limit = LATE
  if (!maps.tmax) {
    const sorted = values.filter((_, i) => known[i] !== 0).sort()
    limit = sorted[sorted.length >> 1] + LATE_PEAK
  }
  let count = 0
  for (let i = 0; i < values.length; i++) if (known[i] !== 0 && values[i] > limit) count++
  return count * voxelMl
}

/** What a list names, before anything of it is read. Throws `same-study`, and `usage` for an entry that is there twice. */
export function refuseListedTwice(entries: readonly { patient: string; study: string }[]): void {
  const byPath = new Map<string, string>()
  const seen = new Set<string>()
  for (const entry of entries) {
    const path = resolve(entry.study)
    const other = byPath.get(path)
    if (other !== undefined && other !== entry.patient) {
      throw sameStudy(`${other} and ${entry.patient} are the same: both have the study ${entry.study}.`, path)
    }
    byPath.set(path, entry.patient)
    const whole = JSON.stringify(entry)
    if (seen.has(whole)) {
      throw new UmbraError({
        code: 'usage',
        message: `A study of ${entry.patient} is listed twice.`,
        hint: 'Take one of the two out of data.studies.',
        where: entry.study,
      })
    }
    seen.add(whole)
  }
}

function sameStudy(message: string, where: string): UmbraError {
  return new UmbraError({
    code: 'same-study',
    message: `${message} One of them could teach while the other judges.`,
    hint: 'List all studies of one patient under one name.',
    where,
  })
}

/** Throws `same-study` where `study` is one of `others` under another patient's name. */
export function refuseSameStudy(study: CachedStudy, others: readonly CachedStudy[]): void {
  const twin = others.find(
    ({ patient, uid, sha256 }) =>
      patient !== study.patient && ((uid !== null && uid === study.uid) || sha256 === study.sha256),
  )
  if (!twin) return
  const same =
    twin.uid !== null && twin.uid === study.uid ? 'one StudyInstanceUID' : 'the same images and maps'
  throw sameStudy(
    `${twin.patient} and ${study.patient} are the same: their studies have ${same}.`,
    study.study,
  )
}

/** Throws `patient-in-both` where a patient both teaches and judges. */
export function refusePatientInBoth({ training, validation }: Split): void {
  const both = training.find((patient) => validation.includes(patient))
  if (both === undefined) return
  throw new UmbraError({
    code: 'patient-in-both',
    message: `The patient ${both} is in the training and in the validation part.`,
    hint: 'What judges a network must not have taught it.',
  })
}

/** Warnings where no patient of a part has a lesion, as far as it is known of all of them. */
export function lesionWarnings(split: Split, studies: readonly CachedStudy[]): Warning[] {
  const without = (patients: string[]): boolean =>
    studies
      .filter(({ patient }) => patients.includes(patient))
      .every(({ hypoperfusedMl }) => hypoperfusedMl !== null && hypoperfusedMl < LEAST_LESION)
  const warnings: Warning[] = []
  if (without(split.training)) {
    warnings.push({
      code: 'no-lesion-taught',
      message:
        'None of the patients that teach has a lesion: the network does not learn what one looks like.',
      hint: 'Add patients with hypoperfused tissue (Tmax > 6 s), or, of a cohort, choose fewer normals.',
    })
  }
  if (without(split.validation)) {
    warnings.push({
      code: 'no-lesion-judged',
      message: 'None of the patients that judge has a lesion: the figures say nothing of lesions.',
      hint: 'Let more patients judge, or name them in split.patients.',
    })
  }
  return warnings
}
