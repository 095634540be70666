import type { App } from 'vue'
import { useMessagesStore } from '../stores/messages'

/** Chromium reports these when a ResizeObserver needs a second pass; nothing is wrong. */
const noise = /ResizeObserver loop/

/** What nobody caught becomes a card instead of a silent line in a console nobody sees. */
export function catchEverything(app: App): void {
  const tell = (thrown: unknown): void => {
    console.error(thrown)
    useMessagesStore().fault(thrown)
  }
  app.config.errorHandler = tell
  window.addEventListener('unhandledrejection', (event) => tell(event.reason))
  window.addEventListener('error', (event) => {
    if (noise.test(event.message)) return
    tell(event.error ?? new Error(event.message))
  })
}
