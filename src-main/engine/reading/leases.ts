import { randomBytes } from 'node:crypto'
import { UmbraError } from '@contract'

const LEASE_MS = 60_000

/** The right of one window to draw in one reading. */
export interface Lease {
  token: string
  readingId: string
  person: string
  until: number
}

/** Who draws where, at this moment. It is in memory only: an engine that starts anew has no windows yet. */
export interface Leases {
  /** Null when another window has it and is not to be sent away. */
  take(readingId: string, person: string, takeOver: boolean): Lease | null
  /** The lease, renewed. Throws `lease-lost`. */
  renew(token: string): Lease
  end(token: string): void
}

export function createLeases(now: () => Date): Leases {
  const byReading = new Map<string, Lease>()
  const isValid = (lease: Lease | undefined): lease is Lease =>
    lease !== undefined && lease.until > now().getTime()

  return {
    take: (readingId, person, takeOver) => {
      if (isValid(byReading.get(readingId)) && !takeOver) return null
      const token = randomBytes(18).toString('base64url')
      const lease = { token, readingId, person, until: now().getTime() + LEASE_MS }
      byReading.set(readingId, lease)
      return lease
    },
    renew: (token) => {
      // A lease that ran out is good again as long as nobody else has taken the reading: a laptop that slept.
      const lease = [...byReading.values()].find((each) => each.token === token)
      if (!lease) {
        throw new UmbraError({
          code: 'lease-lost',
          message:
            'This reading is not open for drawing here any more: another window took it over, or Umbra was restarted.',
          hint: 'Open it again. What was saved is there.',
        })
      }
      lease.until = now().getTime() + LEASE_MS
      return lease
    },
    end: (token) => {
      for (const [readingId, lease] of byReading) if (lease.token === token) byReading.delete(readingId)
    },
  }
}
