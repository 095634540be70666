import { shallowReactive } from 'vue'
import { keyBelongsTo, matches, parseBinding, type Binding, type Focused, type KeyPress } from './bindings'

/** Something a person can do, by key, by the palette, by the native menu. Rooms register theirs when they load. */
export interface Command {
  /** "study.open": also the id the native menu sends. */
  id: string
  title: string
  /** Heading in the key sheet and the palette: the room, or "Window". */
  group: string
  /** "mod+o", "?"; the first is the one shown. */
  keys?: readonly string[]
  /** Whether it can be done now; always, where absent. */
  when?: () => boolean
  /** Whether holding the key repeats it (stepping). */
  repeats?: boolean
  /** Left out of the palette where choosing it from a list has no sense (stepping). */
  keysOnly?: boolean
  run: () => void | Promise<void>
}

interface Registered {
  command: Command
  bindings: Binding[]
}

const registered = shallowReactive(new Map<string, Registered>())

/** Adds commands; the function returned takes them away. An id that is there already is replaced. */
export function registerCommands(commands: readonly Command[]): () => void {
  const entries = commands.map((command) => ({ command, bindings: (command.keys ?? []).map(parseBinding) }))
  for (const entry of entries) registered.set(entry.command.id, entry)
  return () => {
    for (const entry of entries) {
      if (registered.get(entry.command.id) === entry) registered.delete(entry.command.id)
    }
  }
}

export const allCommands = (): Command[] => [...registered.values()].map(({ command }) => command)
export const isAvailable = (command: Command): boolean => command.when?.() ?? true

/** Runs a command by id, as the native menu does; what is unknown or not possible now is not run. */
export async function runCommand(id: string): Promise<boolean> {
  const command = registered.get(id)?.command
  if (!command || !isAvailable(command)) return false
  await command.run()
  return true
}

export const isMac = (): boolean => /mac/i.test(navigator.platform)

/** The command a key press stands for now, or null; the latest registered wins where two are possible. */
export function commandFor(
  press: KeyPress & { repeat: boolean },
  focused: Focused | null,
  mac: boolean,
): Command | null {
  for (const { command, bindings } of [...registered.values()].reverse()) {
    const binding = bindings.find((candidate) => matches(candidate, press, mac))
    if (!binding || (press.repeat && !command.repeats) || !isAvailable(command)) continue
    if (!focused || !keyBelongsTo(focused, binding)) return command
  }
  return null
}

function focusedBy(event: KeyboardEvent): Focused | null {
  const element = event.target
  if (!(element instanceof HTMLElement)) return null
  return {
    tagName: element.tagName,
    type: element instanceof HTMLInputElement ? element.type : undefined,
    isContentEditable: element.isContentEditable,
    role: element.getAttribute('role'),
  }
}

/**
 * The window's one key listener. `blocked` is true while a dialog has the keyboard; it is asked before anybody hears
 * the key, because the Escape that closes a dialog must do nothing else.
 */
export function listenForKeys(blocked: () => boolean, onFault: (error: unknown) => void): () => void {
  const mac = isMac()
  let meantForDialog = false
  const ask = (): void => {
    meantForDialog = blocked()
  }
  const listen = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || meantForDialog) return
    const command = commandFor(event, focusedBy(event), mac)
    if (!command) return
    event.preventDefault()
    Promise.resolve()
      .then(() => command.run())
      .catch(onFault)
  }
  window.addEventListener('keydown', ask, { capture: true })
  window.addEventListener('keydown', listen)
  return () => {
    window.removeEventListener('keydown', ask, { capture: true })
    window.removeEventListener('keydown', listen)
  }
}

/**
 * Commands that fit what was typed, best first: each word must occur; a title that starts with it comes before one
 * where a later word does, and that before one that merely contains it.
 */
export function filterCommands<C extends Pick<Command, 'id' | 'title' | 'group'>>(
  commands: readonly C[],
  typed: string,
): C[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const scored = commands.map((command, index) => {
    const title = command.title.toLowerCase()
    const all = `${title} ${command.group.toLowerCase()}`
    let score = 0
    for (const word of words) {
      if (title.startsWith(word)) score += 3
      else if (all.includes(` ${word}`)) score += 2
      else if (all.includes(word)) score += 1
      else return { command, score: -1, index }
    }
    return { command, score, index }
  })
  return scored
    .filter(({ score }) => score >= 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ command }) => command)
}

/** "Open a study (Ctrl O)": a button's title with its key. */
export function titleWithKey(id: string, keyCapsOf: (binding: string) => string[]): string {
  const command = registered.get(id)?.command
  if (!command) return ''
  const key = command.keys?.[0]
  return key ? `${command.title} (${keyCapsOf(key).join(' ')})` : command.title
}
