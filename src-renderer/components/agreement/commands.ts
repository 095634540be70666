import { registerCommands, type Command } from '../../app/commands'
import { useLayoutStore } from '../../stores/layout'
import { useReviewViewStore } from '../../stores/reviewView'

/** Registers the keys of a case that two readings are compared on; returns how to take them back. */
export function registerComparisonCommands(actions: { fill: () => void; back: () => void }): () => void {
  const layout = useLayoutStore()
  const view = useReviewViewStore()
  const pane = (): string => view.activePane
  const command = (
    id: string,
    title: string,
    keys: string[],
    run: Command['run'],
    more: Partial<Command> = {},
  ): Command => ({
    id: `agreement.${id}`,
    title,
    group: 'Agreement',
    keys,
    when: () => layout.room === 'reading',
    run,
    ...more,
  })
  const stepping = { repeats: true, keysOnly: true }
  const goTo = (slice: number): void => view.setView(pane(), { slice })
  return registerCommands([
    command('slice.up', 'Next slice up', ['up'], () => view.scroll(pane(), 1), stepping),
    command('slice.down', 'Next slice down', ['down'], () => view.scroll(pane(), -1), stepping),
    command('slice.first', 'First slice', ['home'], () => goTo(0), { keysOnly: true }),
    command('slice.last', 'Last slice', ['end'], () => goTo(view.slicesOf(pane()) - 1), { keysOnly: true }),
    command('fill', 'Fill the disagreement, or not', ['f'], actions.fill),
    command('back', 'Back to the report', ['esc'], actions.back),
  ])
}
