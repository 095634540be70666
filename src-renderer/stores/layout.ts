import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { z } from 'zod'
import { readStored, writeStored } from './stored'

export const rooms = ['studies', 'review', 'reading', 'training', 'jobs', 'settings'] as const
export type Room = (typeof rooms)[number]

export type Overlay = 'palette' | 'keys' | 'picker'

const layoutSchema = z.object({
  version: z.literal(1).default(1),
  room: z.enum(rooms).default('studies'),
  /** The series last reviewed, to return to after a reload. */
  seriesKey: z.string().nullable().default(null),
  thumbnails: z.boolean().default(true),
  fontSize: z.number().int().min(11).max(18).default(13),
})
const KEY = 'umbra.layout'

/** Which room is shown and how the window looks; remembered on this machine, never in the engine. */
export const useLayoutStore = defineStore('layout', () => {
  const stored = readStored(localStorage, KEY, layoutSchema)
  const room = ref<Room>(stored.room)
  const seriesKey = ref(stored.seriesKey)
  const thumbnails = ref(stored.thumbnails)
  const fontSize = ref(stored.fontSize)
  /** Open overlays of the shell, not remembered. */
  const overlay = ref<Overlay | null>(null)

  watch([room, seriesKey, thumbnails, fontSize], () => {
    writeStored(localStorage, KEY, {
      version: 1,
      room: room.value,
      seriesKey: seriesKey.value,
      thumbnails: thumbnails.value,
      fontSize: fontSize.value,
    })
  })

  /** Rooms that would tell a blinded rater what they must not know, while their reading is open. */
  const closures = shallowRef<Readonly<Record<string, readonly Room[]>>>({})
  const closed = computed<ReadonlySet<Room>>(() => new Set(Object.values(closures.value).flat()))

  /** Closes these rooms for one reason, and opens what that reason closed before. */
  function closeRooms(reason: string, rooms: readonly Room[]): void {
    closures.value = { ...closures.value, [reason]: rooms }
  }

  function go(to: Room): void {
    if (!closed.value.has(to)) room.value = to
  }

  return { room, seriesKey, thumbnails, fontSize, overlay, closed, closeRooms, go }
})
