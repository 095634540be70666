import type { PipelineStep, QualityAction } from '@contract'
import { useLayoutStore } from '../../stores/layout'
import { usePipelineStore } from '../../stores/pipeline'
import { useReviewViewStore } from '../../stores/reviewView'
import { useVessels } from './vessels'

interface Remedy {
  label: string
  title: string
  apply: () => void
}

/** What the buttons beside a line of quality do: they lead to where the remedy is, or do it. */
export function useRemedies(): Record<QualityAction, Remedy> {
  const view = useReviewViewStore()
  const pipeline = usePipelineStore()
  const layout = useLayoutStore()
  const vessels = useVessels()

  const choose = (vessel: 'artery' | 'vein'): void => {
    view.layout.lowerTab = 'vessels'
    view.tool = vessel
    const [first] = vessels[vessel]
    if (first) view.setView('source', { slice: first[2] })
  }
  const openStep = (step: PipelineStep): void => {
    view.layout.lowerTab = 'pipeline'
    pipeline.openStep = step
  }
  const correctMotion = async (): Promise<void> => {
    openStep('motion')
    await pipeline.change('motion', 'enabled', true)
    await pipeline.start()
  }

  return {
    chooseArtery: {
      label: 'Choose the artery',
      title: 'Click its voxels on the source picture; inputs, maps and all that rests on them are made again',
      apply: () => choose('artery'),
    },
    chooseVein: {
      label: 'Choose the vein',
      title: 'Click its voxels on the source picture; inputs, maps and all that rests on them are made again',
      apply: () => choose('vein'),
    },
    correctMotion: {
      label: 'Correct the motion',
      title: 'Switches motion correction on and runs again',
      apply: () => void correctMotion(),
    },
    showMotion: {
      label: 'Show the motion',
      title: 'Displacement and rotation of every frame',
      apply: () => {
        view.layout.lowerTab = 'motion'
      },
    },
    setMotion: {
      label: 'Leave frames out',
      title: 'The limit beyond which a frame is left out',
      apply: () => openStep('motion'),
    },
    chooseFilter: {
      label: 'Choose a filter',
      title: 'What takes noise out of the images before the maps are made',
      apply: () => openStep('filter'),
    },
    chooseRule: {
      label: 'Choose another rule',
      title: 'Core by blood volume (CBV) needs no healthy side',
      apply: () => {
        view.layout.lowerTab = 'risk'
      },
    },
    chooseSeries: {
      label: 'Choose another series',
      title: 'All series of the study',
      apply: () => layout.go('studies'),
    },
    showNotes: {
      label: 'Show the notes',
      title: 'All that was said of files, series and maps',
      apply: () => {
        view.layout.lowerTab = 'notes'
      },
    },
  }
}
