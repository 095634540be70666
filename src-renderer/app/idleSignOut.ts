import { useMessagesStore } from '../stores/messages'
import { useOpenReadingStore } from '../stores/openReading'
import { useReadingStore } from '../stores/reading'

const LOOK_EVERY = 5_000
/** Told this long before. */
const NOTICE = 60_000

/**
 * Signs out whoever left their desk: what they drew is saved first, and while it cannot be saved nobody is signed out.
 * Returns how to stop.
 */
export function signOutWhenIdle(): () => void {
  const room = useReadingStore()
  const open = useOpenReadingStore()
  const messages = useMessagesStore()
  let lastAction = Date.now()
  let notice: number | null = null
  let leaving = false

  const act = (): void => {
    lastAction = Date.now()
    if (notice !== null) messages.dismiss(notice)
    notice = null
  }
  const kinds = ['pointerdown', 'pointermove', 'keydown', 'wheel'] as const
  for (const kind of kinds) window.addEventListener(kind, act, { passive: true, capture: true })

  async function leave(): Promise<void> {
    leaving = true
    await open.save()
    if (open.saveState !== 'failed') {
      await open.close()
      await room.signOut()
      messages.show('warning', {
        code: 'signed-out-idle',
        message: `Signed out after ${room.idleMinutes} minutes without input.`,
        hint: 'What was drawn is saved: sign in and go on.',
      })
    }
    leaving = false
  }

  function look(): void {
    if (room.session === null || leaving || open.opening) return void (notice = null)
    const left = room.idleMinutes * 60_000 - (Date.now() - lastAction)
    if (left <= 0) return void leave().catch(messages.fault)
    if (left > NOTICE || notice !== null) return
    notice = messages.show('info', {
      code: 'idle',
      message: 'You will be signed out in a minute, because nothing was done here for a while.',
      hint: 'Move the mouse to stay.',
    })
  }

  const timer = setInterval(look, LOOK_EVERY)
  return () => {
    clearInterval(timer)
    for (const kind of kinds) window.removeEventListener(kind, act, { capture: true })
  }
}
