import { registerCommands, type Command } from '../../app/commands'
import { useDrawingStore, type DrawingTool } from '../../stores/drawing'
import { useLayoutStore } from '../../stores/layout'
import { useReviewViewStore } from '../../stores/reviewView'
import type { Edits } from './edits'
import type { Outlines } from './outlines'
import type { Proposals } from './proposals'

/**
 * P, E, C, Q and W, [ and ] as in VolView; S, A and D as in ITK-SNAP; Enter, Esc and I as in Cornerstone's tools.
 */
export const toolKeys: Record<DrawingTool, string> = {
  inspect: 'c',
  brush: 'p',
  eraser: 'e',
  threshold: 't',
  lasso: 'h',
  polygon: 'y',
  livewire: 'n',
  scissors: 'x',
  fill: 'f',
  grow: 'g',
}

const toolTitles: Record<DrawingTool, string> = {
  inspect: 'Probe, no drawing',
  brush: 'Brush',
  eraser: 'Eraser',
  threshold: 'Threshold brush',
  lasso: 'Freehand outline',
  polygon: 'Polygon',
  livewire: 'Live wire',
  scissors: 'Scissors',
  fill: 'Fill',
  grow: 'Region grow',
}

/** Registers the keys and commands of the Reading room; they act only while it is shown and something can be drawn. */
export function registerReadingCommands(edits: Edits, proposals: Proposals, outlines: Outlines): () => void {
  const layout = useLayoutStore()
  const store = useDrawingStore()
  const view = useReviewViewStore()
  const here = (): boolean => layout.room === 'reading' && store.drawing !== null
  const drawing = (): boolean => here() && store.editable
  const pane = (): string => view.activePane

  const command = (
    id: string,
    title: string,
    keys: string[],
    run: Command['run'],
    more: Partial<Command> = {},
  ): Command => ({ id: `reading.${id}`, title, group: 'Reading', keys, when: drawing, run, ...more })
  const looking = { when: here }
  const stepping = { repeats: true, keysOnly: true }
  const stepStructure = (by: number): void =>
    store.choose((store.active + by + store.structures.length) % store.structures.length)

  return registerCommands([
    ...(Object.keys(toolKeys) as DrawingTool[]).map((tool) =>
      command(`tool.${tool}`, toolTitles[tool], [toolKeys[tool]], () => store.chooseTool(tool), {
        when: () => drawing() && store.allows(tool),
      }),
    ),
    command('brush.smaller', 'Smaller brush', ['['], () => store.stepDiameter(-1), stepping),
    command('brush.larger', 'Larger brush', [']'], () => store.stepDiameter(1), stepping),
    command('undo', 'Undo', ['mod+z'], () => store.undo(), {
      repeats: true,
      when: () => drawing() && store.undoTitle !== null,
    }),
    command('redo', 'Redo', ['mod+shift+z', 'mod+y'], () => store.redo(), {
      repeats: true,
      when: () => drawing() && store.redoTitle !== null,
    }),
    ...Array.from({ length: 9 }, (_, index) =>
      command(
        `structure.${index + 1}`,
        `Structure ${index + 1}`,
        [String(index + 1)],
        () => store.choose(index),
        {
          keysOnly: true,
          when: () => here() && index < store.structures.length,
        },
      ),
    ),
    command('structure.previous', 'Structure before', ['q'], () => stepStructure(-1), looking),
    command('structure.next', 'Structure after', ['w'], () => stepStructure(1), looking),
    command(
      'show',
      'Show or hide what is drawn',
      ['s'],
      () => void (store.allHidden = !store.allHidden),
      looking,
    ),
    command('fainter', 'Fainter drawing', ['a'], () => store.stepOpacity(-0.05), { ...stepping, ...looking }),
    command('stronger', 'Stronger drawing', ['d'], () => store.stepOpacity(0.05), {
      ...stepping,
      ...looking,
    }),
    command(
      'outlines',
      'Outlines on or off',
      ['o'],
      () => void (store.preferences.outlines = !store.preferences.outlines),
      looking,
    ),
    command('mirror', 'Mirror the structure to the other side', ['v'], () => store.toggleMirror(), looking),
    command(
      'flip',
      'Exchange the sides of the maps, under what is drawn',
      ['shift+v'],
      () => store.toggleFlipped(),
      looking,
    ),
    command(
      'surface',
      'What is drawn in 3-D, on or off',
      ['shift+d'],
      () => void (store.preferences.surface = !store.preferences.surface),
      looking,
    ),
    command('copy.up', 'Copy the structure to the slice above', ['shift+up'], () => edits.copySlice(1)),
    command('copy.down', 'Copy the structure to the slice below', ['shift+down'], () => edits.copySlice(-1)),
    command('interpolate', 'Interpolate between drawn slices', ['i'], () => edits.interpolate()),
    command('clear', 'Clear the structure on this slice', ['del'], () => edits.clearSlice()),
    command('accept', 'Accept the proposal, or close the outline', ['enter'], accept, {
      keysOnly: true,
      when: () => drawing() && (store.proposal !== null || store.outline !== null),
    }),
    command('refuse', 'Refuse the proposal, or drop the outline', ['esc'], refuse, {
      keysOnly: true,
      when: () => drawing() && (store.proposal !== null || store.outline !== null),
    }),
    command('outline.back', 'Take the last corner of the outline back', ['backspace'], outlines.stepBack, {
      keysOnly: true,
      when: () => drawing() && store.outline !== null,
    }),
    command('slice.up', 'Next slice up', ['up'], () => view.scroll(pane(), 1), { ...stepping, ...looking }),
    command('slice.down', 'Next slice down', ['down'], () => view.scroll(pane(), -1), {
      ...stepping,
      ...looking,
    }),
    command('slice.first', 'First slice', ['home'], () => view.setView(pane(), { slice: 0 }), {
      keysOnly: true,
      ...looking,
    }),
    command(
      'slice.last',
      'Last slice',
      ['end'],
      () => view.setView(pane(), { slice: view.slicesOf(pane()) - 1 }),
      { keysOnly: true, ...looking },
    ),
    command('time.back', 'Back in time', ['left'], () => view.stepFrame(-1), { ...stepping, ...looking }),
    command('time.on', 'On in time', ['right'], () => view.stepFrame(1), { ...stepping, ...looking }),
    command('cine', 'Play or stop the cine over time', ['space'], () => view.togglePlaying(), {
      when: () => here() && view.frames > 1,
    }),
    command('zoom.in', 'Zoom in', ['plus', '='], () => view.zoomBy(pane(), 1.2), { ...stepping, ...looking }),
    command('zoom.out', 'Zoom out', ['-'], () => view.zoomBy(pane(), 1 / 1.2), { ...stepping, ...looking }),
    command(
      'maximise',
      'Maximise or restore the active pane',
      ['m'],
      () => view.toggleMaximised(pane()),
      looking,
    ),
    command('link', 'Link or unlink the panes', ['l'], () => view.toggleLink(), looking),
    command(
      'interpolation',
      'Smooth or square voxels',
      ['shift+i'],
      () => view.toggleInterpolation(),
      looking,
    ),
    command('reset', 'Reset views, ranges and colours', ['r'], () => view.reset(), looking),
  ])

  function accept(): void {
    if (store.outline !== null) outlines.close()
    else proposals.accept('union')
  }

  function refuse(): void {
    if (store.outline !== null) store.outline = null
    else proposals.refuse()
  }
}
