import { createHash, randomBytes } from 'node:crypto'
import { accountKey, UmbraError } from '@contract'
import { hashPin, isPin, waitAfter, type PinHash } from './pins'
import { appendAudit, type Sqlite } from './store'

const SESSION_MS = 12 * 60 * 60 * 1000

export interface Person {
  /** What their name is compared by. */
  key: string
  name: string
}

interface StoredPerson extends Person, PinHash {
  failures: number
  locked_until: string | null
}

/** Who takes part: names, PINs and sessions. */
export interface People {
  list(): { name: string; lockedUntil: string | null }[]
  /** The person of a session. Throws `signed-out`. */
  of(session: string): Person
  /** By their name, or by a session that lasts; null for nobody. */
  find(by: { name: string } | { session: string }): Person | null
  signIn(name: string, pin: string, first: boolean): Promise<{ session: string; name: string; until: string }>
  signOut(session: string): void
  /** Throws `wrong-pin` or `locked-out`. Wrong tries count, also across restarts. */
  checkPin(person: Pick<Person, 'key'>, pin: string): Promise<void>
  setPin(
    person: Person,
    pin: string,
    record: { actor: string; action: string; studyId?: string },
  ): Promise<void>
}

const digest = (session: string): Uint8Array => createHash('sha256').update(session).digest()

const signedOut = (): UmbraError =>
  new UmbraError({ code: 'signed-out', message: 'You are not signed in any more.', hint: 'Sign in again.' })

export function createPeople(store: Sqlite, now: () => Date): People {
  const stored = (key: string): StoredPerson | null =>
    store.get<StoredPerson>('SELECT * FROM person WHERE key = ?', key)

  function ofSession(session: string): Person | null {
    const found = store.get<Person & { until: string }>(
      'SELECT person.key, person.name, until FROM session JOIN person ON person.key = person WHERE token = ?',
      digest(session),
    )
    if (!found || new Date(found.until) <= now()) return null
    return { key: found.key, name: found.name }
  }

  function refuseLocked({ locked_until: until, name }: StoredPerson): void {
    if (until === null || new Date(until) <= now()) return
    const seconds = Math.ceil((new Date(until).getTime() - now().getTime()) / 1000)
    throw new UmbraError({
      code: 'locked-out',
      message: `${name} gave too many wrong PINs and can try again in ${seconds} s.`,
      hint: 'Wait until then. The owner of a study can give one of its raters a new PIN.',
    })
  }

  async function tryPin(key: string, pin: string): Promise<void> {
    const person = stored(key)
    if (!person) throw signedOut()
    refuseLocked(person)
    if (await isPin(pin, person)) {
      if (person.failures === 0) return
      return store.transaction(() => {
        store.run('UPDATE person SET failures = 0, locked_until = NULL WHERE key = ?', key)
      })
    }
    const failures = person.failures + 1
    const wait = waitAfter(failures)
    const until = wait > 0 ? new Date(now().getTime() + wait).toISOString() : null
    store.transaction(() => {
      store.run('UPDATE person SET failures = ?, locked_until = ? WHERE key = ?', failures, until, key)
      if (until) {
        appendAudit(store, { actor: person.name, action: 'person.locked-out', detail: { failures } }, now())
      }
    })
    throw new UmbraError({ code: 'wrong-pin', message: 'This is not the right PIN.', hint: 'Try again.' })
  }

  /** One try after the other, so that tries at the same time cannot share one count. */
  const turns = new Map<string, Promise<void>>()
  function checkPin({ key }: Pick<Person, 'key'>, pin: string): Promise<void> {
    const turn = (turns.get(key) ?? Promise.resolve()).then(() => tryPin(key, pin))
    turns.set(
      key,
      turn.catch(() => undefined),
    )
    return turn
  }

  async function register(name: string, pin: string): Promise<void> {
    const { salt, pin: hash, cost } = await hashPin(pin)
    store.transaction(() => {
      if (stored(accountKey(name))) {
        throw new UmbraError({
          code: 'already-known',
          message: `${name} is known here already.`,
          hint: 'Sign in with the PIN, or take another name.',
        })
      }
      store.run(
        'INSERT INTO person (key, name, created, salt, pin, cost) VALUES (?, ?, ?, ?, ?, ?)',
        ...[accountKey(name), name, now().toISOString(), salt, hash, cost],
      )
      appendAudit(store, { actor: name, action: 'person.added' }, now())
    })
  }

  return {
    list: () =>
      store
        .all<StoredPerson>('SELECT name, locked_until FROM person ORDER BY key')
        .map(({ name, locked_until: until }) => ({
          name,
          lockedUntil: until !== null && new Date(until) > now() ? until : null,
        })),

    of: (session) => {
      const person = ofSession(session)
      if (person) return person
      throw signedOut()
    },
    find: (by) => {
      if ('session' in by) return ofSession(by.session)
      const person = stored(accountKey(by.name))
      return person && { key: person.key, name: person.name }
    },

    signIn: async (name, pin, first) => {
      if (first) await register(name, pin)
      const person = stored(accountKey(name))
      if (!person) {
        throw new UmbraError({
          code: 'unknown-person',
          message: `${name} has not signed in here before.`,
          hint: 'Check the name, or choose a PIN to be known here from now on.',
        })
      }
      if (!first) await checkPin(person, pin)
      const session = randomBytes(24).toString('base64url')
      const until = new Date(now().getTime() + SESSION_MS).toISOString()
      store.transaction(() => {
        store.run('DELETE FROM session WHERE until <= ?', now().toISOString())
        store.run(
          'INSERT INTO session (token, person, until) VALUES (?, ?, ?)',
          digest(session),
          person.key,
          until,
        )
        appendAudit(store, { actor: person.name, action: 'person.signed-in' }, now())
      })
      return { session, name: person.name, until }
    },
    signOut: (session) =>
      store.transaction(() => store.run('DELETE FROM session WHERE token = ?', digest(session))),

    checkPin,
    setPin: async ({ key, name }, pin, record) => {
      const { salt, pin: hash, cost } = await hashPin(pin)
      store.transaction(() => {
        store.run(
          'UPDATE person SET salt = ?, pin = ?, cost = ?, failures = 0, locked_until = NULL WHERE key = ?',
          ...[salt, hash, cost, key],
        )
        // Whoever was signed in with the old PIN is not any more.
        if (record.actor !== name) store.run('DELETE FROM session WHERE person = ?', key)
        appendAudit(store, { ...record, detail: { person: name } }, now())
      })
    },
  }
}
