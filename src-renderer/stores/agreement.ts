import {
  problemOf,
  type AgreementReport,
  type CaseAgreement,
  type ComparedCase,
  type Input,
  type Output,
  type PairAgreement,
  type Problem,
} from '@contract'
import { defineStore } from 'pinia'
import { computed, markRaw, reactive, ref, shallowRef } from 'vue'
import { useEngine } from '../engine/client'
import { useReadingStore } from './reading'
import { useReviewStore, type Work } from './review'

export type Normals = 'withoutNormals' | 'withNormals'

export interface ComparedFolder {
  name: string
  directory: string
}

/** Folders of drawings to be compared. One without a path does not count. */
export interface ComparedFolders {
  reference: ComparedFolder
  raters: ComparedFolder[]
  labels: string
}

/** A case that is looked at: what two readings drew of it, voxel by voxel. */
export interface ShownCase extends ComparedCase {
  first: string
  second: string
  pair: string
  /** Which of the two readings the maps are those of. */
  which: 0 | 1
  /** [structure][first, second]; 1 inside. */
  voxels: [Uint8Array, Uint8Array][]
}

/** The report of how far raters agree, what of it is shown, and the case of it that is looked at. */
export const useAgreementStore = defineStore('agreement', () => {
  const engine = useEngine()
  const room = useReadingStore()
  const review = useReviewStore()

  /** Whether the page is shown in place of the desk. */
  const shown = ref(false)
  const made = shallowRef<(Output<'agreement.read'> & { reportId: string }) | null>(null)
  const report = computed<AgreementReport | null>(() => made.value?.report ?? null)
  let of: Input<'agreement.report'>['of'] | null = null
  const work = ref<Work | null>(null)
  const problem = shallowRef<Problem | null>(null)

  const reference = ref<string | null>(null)
  const resamples = ref(2000)
  const seed = ref(1)
  const structure = ref('')
  const source = ref<string | null>(null)
  const chosenPair = ref('')
  const normals = ref<Normals>('withoutNormals')

  /** Pairs of the chosen source: both read it, or one of them is the reference. */
  const pairs = computed<PairAgreement[]>(() => {
    const { value: made } = report
    if (made === null) return []
    const reads = (name: string): boolean =>
      name === made.reference || made.readings.find((each) => each.name === name)?.source === source.value
    return made.pairs.filter(({ first, second }) => source.value === null || (reads(first) && reads(second)))
  })
  const pairNames = computed(() => [...new Set(pairs.value.map(({ pair }) => pair))])
  /** As chosen, where the source has it. */
  const pair = computed({
    get: () => (pairNames.value.includes(chosenPair.value) ? chosenPair.value : (pairNames.value[0] ?? '')),
    set: (name: string) => (chosenPair.value = name),
  })
  const sources = computed(() => [...new Set(report.value?.readings.map((each) => each.source) ?? [])])
  const ofStructure = computed(() => pairs.value.filter((each) => each.structure === structure.value))
  const current = computed(() => ofStructure.value.find((each) => each.pair === pair.value) ?? null)
  const casesOf = (name: string): CaseAgreement[] =>
    report.value?.caseAgreement.filter((each) => each.pair === name && each.structure === structure.value) ??
    []

  /** Runs the engine's long work; its failure is the page's problem. Null where it failed or was cancelled. */
  async function during<T>(
    title: string,
    start: (options: Parameters<typeof engine.run>[2] & object) => Promise<T>,
  ): Promise<T | null> {
    const abort = new AbortController()
    problem.value = null
    work.value = { title, stage: '', progress: 0, cancel: () => abort.abort() }
    try {
      return await start({
        signal: abort.signal,
        onProgress: ({ progress, stage }) => {
          if (work.value) work.value = { ...work.value, progress, stage }
        },
      })
    } catch (error) {
      problem.value = abort.signal.aborted ? null : problemOf(error)
      return null
    } finally {
      work.value = null
    }
  }

  /** Makes a report. `reference`: left out for the usual one. False where there is none. */
  async function make(
    asked: Input<'agreement.report'>['of'],
    withReference?: string | null,
  ): Promise<boolean> {
    of = asked
    const options = { of: asked, reference: withReference, resamples: resamples.value, seed: seed.value }
    const answer = await during('Comparing the readings', async (watched) => {
      const { reportId } = await engine.run('agreement.report', options, watched)
      return { reportId, ...(await engine.call('agreement.read', { session: room.session, reportId })) }
    })
    if (answer === null) return false
    made.value = markRaw(answer)
    reference.value = answer.report.reference
    const names = answer.report.structures.map(({ name }) => name)
    if (!names.includes(structure.value)) structure.value = names[0]
    if (source.value !== null && !sources.value.includes(source.value)) source.value = null
    return true
  }

  async function makeOfStudy(studyId: string): Promise<void> {
    const { session } = room
    if (session === null) return
    made.value = null
    shown.value = true
    await make({ from: 'study', session, studyId })
  }

  /** What is being put together to be compared: it stays while the window is open. */
  const folders = reactive<ComparedFolders>({
    reference: { name: 'Reference', directory: '' },
    raters: [
      { name: 'Rater 1', directory: '' },
      { name: 'Rater 2', directory: '' },
    ],
    labels: '',
  })

  /** Compares folders; the page is shown when that is done. */
  async function makeOfFolders(): Promise<void> {
    const { reference: against, raters, labels } = folders
    const given = (folder: ComparedFolder): boolean => folder.directory.trim() !== ''
    const trimmed = ({ name, directory }: ComparedFolder): ComparedFolder => ({
      name: name.trim(),
      directory: directory.trim(),
    })
    shown.value = await make({
      from: 'folders',
      reference: given(against) ? trimmed(against) : null,
      raters: raters.filter(given).map(trimmed),
      labels,
    })
  }

  /** With the reference, resamples and seed that are chosen now. */
  async function again(): Promise<void> {
    if (of !== null) await make(of, reference.value)
  }

  const exported = (directory: string): Promise<Output<'agreement.export'> | null> =>
    during('Writing the report', (watched) =>
      engine.run(
        'agreement.export',
        { session: room.session, reportId: made.value?.reportId ?? '', directory },
        watched,
      ),
    )

  const compared = shallowRef<ShownCase | null>(null)
  const opening = ref(false)
  /** How far the scan and its maps are prepared, 0..1. */
  const progress = ref(0)

  /** Opens the scan of a case with what a pair drew on it. `which` of the two readings gives the maps. */
  async function openCase(name: string, pairName: string, which: 0 | 1 = 0): Promise<void> {
    const found = report.value?.pairs.find((each) => each.pair === pairName)
    if (!found || !made.value || opening.value) return
    const { first, second } = found
    opening.value = true
    progress.value = 0
    problem.value = null
    try {
      const asked = { session: room.session, reportId: made.value.reportId, case: name, first, second }
      const answer = await engine.call('agreement.case', asked)
      const voxels = await Promise.all(
        answer.structures.map(async (_, s): Promise<[Uint8Array, Uint8Array]> => {
          const [one, other] = await Promise.all(answer.drawings.map((each) => engine.readVoxels(each, s)))
          return [new Uint8Array(one), new Uint8Array(other)]
        }),
      )
      compared.value = markRaw({ ...answer, first, second, pair: pairName, voxels, which })
      const { readingId } = answer.readings[which]
      const scan = await engine.run(
        'reading.load',
        { session: room.session ?? '', readingId },
        { onProgress: (job) => (progress.value = job.progress) },
      )
      // Whoever went back meanwhile does not want it any more.
      if (compared.value !== null) review.lend(scan)
    } catch (error) {
      closeCase()
      problem.value = problemOf(error)
    } finally {
      opening.value = false
    }
  }

  function closeCase(): void {
    if (compared.value === null) return
    compared.value = null
    review.close()
  }

  function close(): void {
    closeCase()
    work.value?.cancel()
    shown.value = false
    problem.value = null
  }

  return {
    shown,
    made,
    report,
    work,
    problem,
    reference,
    resamples,
    seed,
    structure,
    source,
    sources,
    pairs,
    pairNames,
    pair,
    normals,
    ofStructure,
    current,
    casesOf,
    make,
    makeOfStudy,
    folders,
    makeOfFolders,
    again,
    exported,
    compared,
    opening,
    progress,
    openCase,
    closeCase,
    close,
  }
})
