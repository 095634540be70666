import { watch } from 'vue'
import { useJobsStore } from '../stores/jobs'
import { useLayoutStore, type Room } from '../stores/layout'
import { useMessagesStore } from '../stores/messages'
import { useOpenReadingStore } from '../stores/openReading'
import { useReadingStore } from '../stores/reading'

/** Studies and Review name patients and sources, Training names data sets; the engine refuses them to a blinded rater. */
const roomsOfOthers: Room[] = ['studies', 'review', 'training']
/** To whoever owns a study and reads in it, they are closed while they read. */
const roomsWhileReading: Room[] = [...roomsOfOthers, 'jobs']

/** Closes the rooms that tell a rater what they must not know, and takes away what is shown of them. */
export function keepBlindedRoomsClosed(): () => void {
  const room = useReadingStore()
  const open = useOpenReadingStore()
  const layout = useLayoutStore()
  const messages = useMessagesStore()
  const jobs = useJobsStore()

  const stopRooms = watch(
    [() => room.blinded, () => open.reading],
    ([blinded, reading]) => {
      const hides = reading !== null && (reading.blinding.patient || reading.source === null)
      layout.closeRooms('blinded', blinded ? roomsOfOthers : [])
      layout.closeRooms('reading', hides ? roomsWhileReading : [])
      if (layout.closed.has(layout.room)) layout.room = 'reading'
      if (layout.closed.size > 0 && layout.overlay === 'picker') layout.overlay = null
    },
    { immediate: true },
  )
  const stopTraces = watch(
    () => room.blinded,
    () => {
      // What was said and done before named things.
      for (const { id } of [...messages.messages]) messages.dismiss(id)
      void jobs.refresh().catch(messages.fault)
    },
  )
  return () => {
    stopRooms()
    stopTraces()
  }
}
