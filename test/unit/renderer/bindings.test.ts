import { describe, expect, it } from 'vitest'
import {
  keyBelongsTo,
  keyCaps,
  matches,
  parseBinding,
  type KeyPress,
} from '../../../src-renderer/app/bindings'

const press = (key: string, modifiers: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
})

describe('a binding', () => {
  it('is a key with its modifiers', () => {
    expect(parseBinding('mod+shift+k')).toEqual({ key: 'k', mod: true, alt: false, shift: true })
    expect(parseBinding('?')).toEqual({ key: '?', mod: false, alt: false, shift: false })
    expect(parseBinding('shift+up')).toEqual({ key: 'arrowup', mod: false, alt: false, shift: true })
    expect(parseBinding('space').key).toBe(' ')
    expect(parseBinding('plus').key).toBe('+')
  })

  it('refuses what is no binding', () => {
    expect(() => parseBinding('ctrl+k')).toThrow('not a key binding')
    expect(() => parseBinding('mod+')).toThrow('names no key')
  })

  it('asks for Ctrl, and on a Mac for Command', () => {
    const binding = parseBinding('mod+k')
    expect(matches(binding, press('k', { ctrlKey: true }), false)).toBe(true)
    expect(matches(binding, press('k', { metaKey: true }), true)).toBe(true)
    expect(matches(binding, press('k', { ctrlKey: true }), true)).toBe(false)
    expect(matches(binding, press('k', { ctrlKey: true, metaKey: true }), false)).toBe(false)
    expect(matches(binding, press('k'), false)).toBe(false)
  })

  it('wants exactly its modifiers for letters and named keys', () => {
    expect(matches(parseBinding('c'), press('C', { shiftKey: true }), false)).toBe(false)
    expect(matches(parseBinding('shift+c'), press('C', { shiftKey: true }), false)).toBe(true)
    expect(matches(parseBinding('mod+o'), press('O', { ctrlKey: true, shiftKey: true }), false)).toBe(false)
    expect(matches(parseBinding('up'), press('ArrowUp', { altKey: true }), false)).toBe(false)
  })

  it('takes a sign as typed, whatever the keyboard needs for it', () => {
    expect(matches(parseBinding('?'), press('?', { shiftKey: true }), false)).toBe(true)
    expect(matches(parseBinding('['), press('['), false)).toBe(true)
  })

  it('goes by the physical key where Alt types something else', () => {
    const onMac = press('¡', { altKey: true, code: 'Digit1' })
    expect(matches(parseBinding('alt+1'), onMac, true)).toBe(true)
    expect(matches(parseBinding('alt+2'), onMac, true)).toBe(false)
  })

  it('is written with the caps of the machine', () => {
    expect(keyCaps('mod+shift+o', false)).toEqual(['Ctrl', 'Shift', 'O'])
    expect(keyCaps('mod+k', true)).toEqual(['⌘', 'K'])
    expect(keyCaps('pageup', false)).toEqual(['Page Up'])
    expect(keyCaps('up', false)).toEqual(['↑'])
  })
})

describe('a focused element', () => {
  const belongs = (tagName: string, binding: string, role: string | null = null, type?: string): boolean =>
    keyBelongsTo({ tagName, role, type }, parseBinding(binding))

  it('keeps what is typed into it, but not commands, rooms and Escape', () => {
    expect(belongs('INPUT', 'c')).toBe(true)
    expect(belongs('INPUT', '?')).toBe(true)
    expect(belongs('TEXTAREA', 'up')).toBe(true)
    expect(belongs('INPUT', 'mod+z')).toBe(true)
    expect(belongs('INPUT', 'mod+k')).toBe(false)
    expect(belongs('INPUT', 'alt+2')).toBe(false)
    expect(belongs('INPUT', 'esc')).toBe(false)
    expect(belongs('INPUT', 'f1')).toBe(false)
  })

  it('keeps the keys that step through it or press it', () => {
    expect(belongs('DIV', 'up', 'treegrid')).toBe(true)
    expect(belongs('DIV', 'enter', 'treegrid')).toBe(true)
    expect(belongs('INPUT', 'left', null, 'range')).toBe(true)
    expect(belongs('BUTTON', 'space')).toBe(true)
    expect(belongs('BUTTON', 'up')).toBe(false)
    expect(belongs('INPUT', 'c', null, 'checkbox')).toBe(false)
    expect(belongs('DIV', 'c', 'treegrid')).toBe(false)
  })
})
