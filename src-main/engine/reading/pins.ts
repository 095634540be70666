import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** log2 of scrypt's N: 32 MiB and about a tenth of a second for each try. */
export const PIN_COST = 15
const KEY_BYTES = 32

/** What is kept of a PIN. */
export interface PinHash {
  salt: Uint8Array
  pin: Uint8Array
  cost: number
}

function derive(pin: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const options = { N: 2 ** cost, r: 8, p: 1, maxmem: 2 ** cost * 8 * 128 * 2 }
  return new Promise((resolve, reject) => {
    scrypt(pin.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}

/** scrypt (RFC 7914) with a salt of its own. */
export async function hashPin(pin: string): Promise<PinHash> {
  const salt = randomBytes(16)
  return { salt, pin: await derive(pin, salt, PIN_COST), cost: PIN_COST }
}

/** In constant time. */
export async function isPin(given: string, { salt, pin, cost }: PinHash): Promise<boolean> {
  return timingSafeEqual(await derive(given, salt, cost), pin)
}

const FREE_FAILURES = 5
const FIRST_WAIT = 30_000
const LONGEST_WAIT = 60 * 60 * 1000

/** How long (ms) nobody may try again after so many wrong PINs in a row: 30 s from the fifth, doubling, at most an hour. */
export function waitAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, failures - FREE_FAILURES))
}
