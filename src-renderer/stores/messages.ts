import { problemOf, type Problem } from '@contract'
import { defineStore } from 'pinia'
import { ref } from 'vue'

export type Severity = 'error' | 'warning' | 'info' | 'success'

export interface MessageAction {
  title: string
  run: () => void
}

/** A card in the corner: what happened, why, what to do, where. */
export interface Message {
  id: number
  severity: Severity
  problem: Problem
  /** For a report: a stack, a log. Shown on demand, copied with the rest. */
  details: string | null
  action: MessageAction | null
  time: string
  /** How often the same thing happened while the card stood. */
  count: number
}

interface Extra {
  details?: string | null
  action?: MessageAction | null
}

/** How long a card stays that asks for nothing, and one that offers something to do. */
const PASSING = { plain: 7_000, offering: 30_000 }
const MOST = 50

/** Everything the user is told outside the place where it happened. Errors stay until they are dismissed. */
export const useMessagesStore = defineStore('messages', () => {
  const messages = ref<Message[]>([])
  let lastId = 0

  function show(severity: Severity, problem: Problem, { details = null, action = null }: Extra = {}): number {
    const same = messages.value.find(
      (message) =>
        message.severity === severity &&
        message.problem.code === problem.code &&
        message.problem.message === problem.message &&
        message.problem.where === problem.where,
    )
    if (same) {
      same.count++
      return same.id
    }
    const id = ++lastId
    messages.value.push({ id, severity, problem, details, action, time: new Date().toISOString(), count: 1 })
    if (messages.value.length > MOST) messages.value.shift()
    if (severity === 'success' || severity === 'info') {
      setTimeout(() => dismiss(id), action ? PASSING.offering : PASSING.plain)
    }
    return id
  }

  /** A thrown value becomes a card; a cancel, which the user asked for, does not. */
  function fault(thrown: unknown, extra: Extra = {}): void {
    const problem = problemOf(thrown)
    if (problem.code === 'cancelled') return
    const stack = problem.code === 'internal' && thrown instanceof Error ? (thrown.stack ?? null) : null
    show('error', problem, { details: stack, ...extra })
  }

  function inform(message: string, extra: Extra & { hint?: string } = {}): void {
    show('info', { code: 'info', message, hint: extra.hint }, extra)
  }

  function dismiss(id: number): void {
    messages.value = messages.value.filter((message) => message.id !== id)
  }

  function dismissLast(): boolean {
    return messages.value.pop() !== undefined
  }

  return { messages, show, fault, inform, dismiss, dismissLast }
})

/** The text a user sends to whoever helps: everything on the card, and what it does not show. */
export function reportOf(message: Message, version: string): string {
  const { problem } = message
  return [
    `Umbra ${version}, ${message.time}${message.count > 1 ? `, ${message.count} times` : ''}`,
    `${message.severity}: ${problem.code}`,
    problem.message,
    problem.hint && `What to do: ${problem.hint}`,
    problem.where && `Where: ${problem.where}`,
    message.details,
  ]
    .filter(Boolean)
    .join('\n')
}
