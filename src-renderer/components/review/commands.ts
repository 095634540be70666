import { registerCommands, type Command } from '../../app/commands'
import { useLayoutStore } from '../../stores/layout'
import { useLeftOutStore } from '../../stores/leftOut'
import { usePipelineStore } from '../../stores/pipeline'
import { useReviewStore } from '../../stores/review'
import { useReviewViewStore, windowPresets } from '../../stores/reviewView'
import { shownMethods } from './shownMethods'

/** What the dialogs of the room are opened by; the view owns them. */
export interface ReviewDialogs {
  openExport: () => void
  openSettings: () => void
}

/** Registers the keys and commands of the Review room; they act only while it is shown. */
export function registerReviewCommands(dialogs: ReviewDialogs): () => void {
  const layout = useLayoutStore()
  const review = useReviewStore()
  const view = useReviewViewStore()
  const pipeline = usePipelineStore()
  const leftOut = useLeftOutStore()
  const here = (): boolean => layout.room === 'review' && review.series !== null
  const perfusion = (): boolean => here() && review.isPerfusion
  const inMotion = (): boolean => perfusion() && view.layout.lowerTab === 'motion'
  const inTime = (): boolean => here() && view.frames > 1
  const pane = (): string => view.activePane

  const command = (
    id: string,
    title: string,
    keys: string[],
    run: Command['run'],
    more: Partial<Command> = {},
  ): Command => ({
    id: `review.${id}`,
    title,
    group: 'Review',
    keys,
    when: here,
    run,
    ...more,
  })
  const stepping = { repeats: true, keysOnly: true }

  return registerCommands([
    command('slice.up', 'Next slice up', ['up'], () => view.scroll(pane(), 1), stepping),
    command('slice.down', 'Next slice down', ['down'], () => view.scroll(pane(), -1), stepping),
    command('slice.first', 'First slice', ['home'], () => view.setView(pane(), { slice: 0 }), {
      keysOnly: true,
    }),
    command(
      'slice.last',
      'Last slice',
      ['end'],
      () => view.setView(pane(), { slice: view.slicesOf(pane()) - 1 }),
      {
        keysOnly: true,
      },
    ),
    command('time.back', 'Back in time', ['left'], () => view.stepFrame(-1), {
      ...stepping,
      when: inTime,
    }),
    command('time.on', 'On in time', ['right'], () => view.stepFrame(1), { ...stepping, when: inTime }),
    command('cine', 'Play or stop the cine over time', ['space', 'c'], () => view.togglePlaying(), {
      when: inTime,
    }),
    ...windowPresets.map(({ name, center, width }, index) =>
      command(
        `window.${index + 1}`,
        `Window: ${name} (L ${center} W ${width})`,
        [String(index + 1)],
        () => view.setSourceWindow(center, width),
        { when: () => here() && review.series?.voxels.unit === 'HU' },
      ),
    ),
    command('reset', 'Reset views, ranges and colours', ['r'], () => view.reset()),
    command('link', 'Link or unlink the panes', ['l'], () => view.toggleLink()),
    command('maximise', 'Maximise or restore the active pane', ['m'], () => view.toggleMaximised(pane())),
    command('interpolation', 'Smooth or square voxels', ['i'], () => view.toggleInterpolation()),
    command('compare', 'Compare two sources of maps', ['x'], () => toggleCompare(), { when: perfusion }),
    command('difference', 'Show the difference of the two sources', ['d'], () => view.toggleDifference(), {
      when: () => perfusion() && view.layout.compare,
    }),
    command('zoom.in', 'Zoom in', ['plus', '='], () => view.zoomBy(pane(), 1.2), stepping),
    command('zoom.out', 'Zoom out', ['-'], () => view.zoomBy(pane(), 1 / 1.2), stepping),
    command('probe.lock', 'Lock or free the probe', ['p'], () => view.toggleLock()),
    command('undo', 'Undo the change of vessels', ['mod+z'], () => review.undo(shownMethods()), {
      when: () => perfusion() && review.undoTitle !== null,
    }),
    command(
      'redo',
      'Redo the change of vessels',
      ['mod+shift+z', 'mod+y'],
      () => review.redo(shownMethods()),
      {
        when: () => perfusion() && review.redoTitle !== null,
      },
    ),
    command('frames.undo', 'Undo the choice of frames', ['mod+z'], () => leftOut.undo(), {
      when: () => inMotion() && leftOut.undoTitle !== null,
    }),
    command('frames.redo', 'Redo the choice of frames', ['mod+shift+z', 'mod+y'], () => leftOut.redo(), {
      when: () => inMotion() && leftOut.redoTitle !== null,
    }),
    command('export', 'Export the maps…', ['mod+e'], () => dialogs.openExport(), {
      when: () => perfusion() && review.result !== null,
    }),
    command('run', 'Run the pipeline', ['shift+enter'], () => runPipeline(), { when: perfusion }),
    command('settings', 'Perfusion settings…', [], () => dialogs.openSettings(), { when: perfusion }),
    command('tool.off', 'Back to the probe', ['esc'], () => view.release(), {
      keysOnly: true,
      when: () =>
        here() &&
        (view.tool !== 'probe' || view.maximised !== null || view.locked !== null || view.region !== null),
    }),
  ])

  function runPipeline(): void {
    view.layout.lowerTab = 'pipeline'
    void pipeline.start()
  }

  function toggleCompare(): void {
    view.toggleCompare()
    void review.ensure(shownMethods())
  }
}
