/** A key with its modifiers, as "mod+shift+k" says it: `mod` is ⌘ on a Mac and Ctrl elsewhere. */
export interface Binding {
  key: string
  mod: boolean
  alt: boolean
  shift: boolean
}

export type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

const named: Record<string, string> = {
  up: 'arrowup',
  down: 'arrowdown',
  left: 'arrowleft',
  right: 'arrowright',
  esc: 'escape',
  del: 'delete',
  space: ' ',
  plus: '+',
}

/** Reads "mod+shift+k"; throws on what is not a binding, because that is a mistake in the program. */
export function parseBinding(text: string): Binding {
  const parts = text.toLowerCase().split('+')
  const last = parts.pop() as string
  const binding: Binding = { key: named[last] ?? last, mod: false, alt: false, shift: false }
  for (const part of parts) {
    if (part !== 'mod' && part !== 'alt' && part !== 'shift') {
      throw new Error(`"${text}" is not a key binding.`)
    }
    binding[part] = true
  }
  if (binding.key === '') throw new Error(`"${text}" names no key; the plus key is written "plus".`)
  return binding
}

/**
 * Whether a key press is the binding. A character such as "?" is compared as typed, whatever keys the layout needs for
 * it, so its Shift is not asked for; letters and named keys want exactly their modifiers. With Alt, which on a Mac
 * types other characters, the digit or letter of the physical key counts.
 */
export function matches(binding: Binding, press: KeyPress, mac: boolean): boolean {
  const mod = mac ? press.metaKey : press.ctrlKey
  const otherMod = mac ? press.ctrlKey : press.metaKey
  if (mod !== binding.mod || otherMod || press.altKey !== binding.alt) return false
  const physical = /^(?:Key|Digit)(.)$/.exec(press.code)?.[1].toLowerCase()
  const key = press.key.toLowerCase()
  if (key !== binding.key && !(binding.alt && physical === binding.key)) return false
  const typedWithShift = binding.key.length === 1 && !/[a-z0-9 ]/.test(binding.key)
  return typedWithShift || press.shiftKey === binding.shift
}

const shown: Record<string, string> = {
  arrowup: '↑',
  arrowdown: '↓',
  arrowleft: '←',
  arrowright: '→',
  escape: 'Esc',
  ' ': 'Space',
  enter: 'Enter',
  delete: 'Del',
  pageup: 'Page Up',
  pagedown: 'Page Down',
}

/** The caps to press, in order, as a person knows them: ["Ctrl", "K"]. */
export function keyCaps(text: string, mac: boolean): string[] {
  const { key, mod, alt, shift } = parseBinding(text)
  return [
    mod && (mac ? '⌘' : 'Ctrl'),
    alt && (mac ? '⌥' : 'Alt'),
    shift && (mac ? '⇧' : 'Shift'),
    shown[key] ?? (key.length === 1 ? key.toUpperCase() : key[0].toUpperCase() + key.slice(1)),
  ].filter((cap) => cap !== false)
}

/** What of the focused element decides whether it needs a key. */
export interface Focused {
  tagName: string
  type?: string
  isContentEditable?: boolean
  role: string | null
}

const typingRoles = new Set(['textbox', 'searchbox', 'combobox', 'spinbutton'])
const steppedRoles = new Set([
  'slider',
  'listbox',
  'option',
  'menu',
  'menuitem',
  'tree',
  'treegrid',
  'row',
  'treeitem',
  'radio',
  'tab',
  'tabpanel',
  'separator',
])
const pressedRoles = new Set(['button', 'checkbox', 'switch', 'menuitem', 'option', 'tab', 'link'])
const stepping = new Set([
  'arrowup',
  'arrowdown',
  'arrowleft',
  'arrowright',
  'home',
  'end',
  'pageup',
  'pagedown',
])
const untypedInputs = new Set(['checkbox', 'radio', 'range', 'button'])

/** Whether the focused element needs this key for itself: typing, stepping through a list, pressing a button. */
export function keyBelongsTo(element: Focused, binding: Binding): boolean {
  const tag = element.tagName.toLowerCase()
  const role = element.role ?? ''
  const typing =
    element.isContentEditable === true ||
    tag === 'textarea' ||
    (tag === 'input' && !untypedInputs.has(element.type ?? 'text')) ||
    typingRoles.has(role)
  if (typing) {
    if (binding.mod) return 'acvxyz'.includes(binding.key) || stepping.has(binding.key)
    return !binding.alt && binding.key !== 'escape' && !/^f\d{1,2}$/.test(binding.key)
  }
  if (binding.mod || binding.alt) return false
  if (stepping.has(binding.key)) return steppedRoles.has(role) || tag === 'select' || element.type === 'range'
  if (binding.key === 'enter' || binding.key === ' ') {
    return (
      pressedRoles.has(role) ||
      steppedRoles.has(role) ||
      ['button', 'a', 'input', 'select', 'summary'].includes(tag)
    )
  }
  return false
}
