import {
  problemOf,
  ruleOfMethod,
  tissueAtRiskPresets,
  tissueAtRiskRuleSchema,
  usualRule,
  worstGrade,
  type Geometry,
  type Problem,
  type RiskAssessment,
  type SideChoice,
  type TissueAtRiskRule,
} from '@contract'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { useEngine } from '../engine/client'
import { useLayoutStore } from './layout'
import { useReviewStore } from './review'

/** ms a threshold rests before the volumes follow it. */
const SETTLED = 250

/** Tissue at risk and quality of the maps on the screen; recomputed by the engine whenever rule, side or maps change. */
export const useRiskStore = defineStore('risk', () => {
  const engine = useEngine()
  const review = useReviewStore()
  const layout = useLayoutStore()

  const rule = shallowRef<TissueAtRiskRule>(usualRule)
  const referenceSide = ref<SideChoice>('automatic')
  const assessment = shallowRef<RiskAssessment | null>(null)
  /** The masks of `assessment`, once they have arrived. */
  const masks = shallowRef<{ core: Uint8Array; hypoperfusion: Uint8Array } | null>(null)
  const pending = ref(false)
  const failure = shallowRef<Problem | null>(null)
  /** Drawn over source and maps while the panel is open. */
  const overlay = ref(true)
  /** Skull, fluid, vessels and midline are drawn over the source as well. */
  const showStructures = ref(false)
  const structures = shallowRef<{ mapsId: string; geometry: Geometry; labels: Uint8Array } | null>(null)
  /** Maps of a bad study that a person asked to see all the same. */
  const accepted = ref<string | null>(null)

  /** What is known of the maps on the screen; older findings are those of other maps. */
  const current = computed(() =>
    assessment.value !== null && assessment.value.mapsId === review.result?.mapsId ? assessment.value : null,
  )
  /** The rule with the thresholds it has on the maps on the screen: of the usual one the engine finds them. */
  const applied = computed(() => {
    const used = current.value?.tissueAtRisk.rule
    if (used?.name === usualRule.name && rule.value.name === usualRule.name) return used
    return ruleOfMethod(rule.value, review.result?.method ?? 'bennink')
  })
  const quality = computed(() => current.value?.quality ?? [])
  const grade = computed(() => (current.value === null ? null : worstGrade(current.value.quality)))
  /** Whether the maps stay covered: quality is not known yet, or bad and not accepted. */
  const cover = computed<'checking' | 'bad' | null>(() => {
    const mapsId = review.result?.mapsId
    if (mapsId === undefined || accepted.value === mapsId || failure.value !== null) return null
    if (current.value === null) return 'checking'
    return grade.value === 'red' ? 'bad' : null
  })

  let abort = new AbortController()

  function stop(): void {
    abort.abort()
    pending.value = false
  }

  async function assess(): Promise<void> {
    stop()
    const mapsId = review.result?.mapsId
    if (mapsId === undefined || layout.room !== 'review') return
    const own = new AbortController()
    abort = own
    pending.value = true
    failure.value = null
    try {
      const found = await engine.run(
        'maps.assess',
        { mapsId, rule: rule.value, referenceSide: referenceSide.value },
        { signal: own.signal },
      )
      if (own.signal.aborted) return
      assessment.value = found
      const [core, hypoperfusion] = await Promise.all(
        [found.core, found.hypoperfusion].map((array) => engine.readVoxels(array, 0)),
      )
      if (own.signal.aborted) return
      if (core instanceof Uint8Array && hypoperfusion instanceof Uint8Array) {
        masks.value = { core, hypoperfusion }
      }
    } catch (error) {
      if (!own.signal.aborted) failure.value = problemOf(error)
    } finally {
      if (abort === own) pending.value = false
    }
  }

  /** Maps that a reading study shows are looked at in another room, and are nobody's volumes. */
  watch(
    () => (layout.room === 'review' ? review.result?.mapsId : undefined),
    (mapsId) => {
      // Back to maps that are known: what is under way is of others, and would take their place.
      if (mapsId !== undefined && mapsId === assessment.value?.mapsId) stop()
      else void assess()
    },
    { immediate: true },
  )
  /** They are asked for when they are first to be seen. */
  async function findStructures(mapsId: string): Promise<void> {
    try {
      const found = await engine.run('maps.structures', { mapsId })
      const labels = await engine.readVoxels(found.labels, 0)
      if (labels instanceof Uint8Array && review.result?.mapsId === mapsId) {
        structures.value = { mapsId, geometry: found.labels.geometry, labels }
      }
    } catch (error) {
      if (review.result?.mapsId === mapsId) failure.value = problemOf(error)
    }
  }
  watch(
    () => (showStructures.value && layout.room === 'review' ? review.result?.mapsId : undefined),
    (mapsId) => {
      if (mapsId !== undefined && structures.value?.mapsId !== mapsId) void findStructures(mapsId)
    },
  )
  let timer: ReturnType<typeof setTimeout> | null = null
  watch([rule, referenceSide], () => {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => void assess(), SETTLED)
  })
  watch(
    () => review.series?.seriesKey,
    () => {
      referenceSide.value = 'automatic'
      accepted.value = null
    },
  )

  function choosePreset(name: string): void {
    rule.value = tissueAtRiskPresets.find((preset) => preset.rule.name === name)?.rule ?? rule.value
  }

  /** Changes part of the rule: it is no preset any more, unless it comes to be one again. */
  function change(part: Partial<TissueAtRiskRule>): void {
    const parsed = tissueAtRiskRuleSchema.safeParse({ ...applied.value, ...part, name: 'own' })
    if (!parsed.success) return
    const same = tissueAtRiskPresets.find(
      (preset) =>
        preset.rule !== usualRule &&
        JSON.stringify({ ...preset.rule, name: 'own' }) === JSON.stringify(parsed.data),
    )
    rule.value = same?.rule ?? parsed.data
  }

  function accept(): void {
    accepted.value = review.result?.mapsId ?? null
  }

  return {
    rule,
    applied,
    referenceSide,
    assessment: current,
    masks,
    pending,
    failure,
    overlay,
    showStructures,
    structures: computed(() =>
      showStructures.value && structures.value?.mapsId === review.result?.mapsId ? structures.value : null,
    ),
    quality,
    grade,
    cover,
    choosePreset,
    change,
    accept,
    assess,
  }
})
