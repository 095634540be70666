import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { UmbraError } from '@contract'

/**
 * A person's PIN: of the variable UMBRA_PIN, or asked for on the terminal, where it is not shown. It is no option of the
 * command line, which every user of the machine can read.
 */
export async function askPin(name: string): Promise<string> {
  const given = process.env.UMBRA_PIN
  if (given) return given
  if (!process.stdin.isTTY) {
    throw new UmbraError({
      code: 'usage',
      message: `The PIN of ${name} is needed.`,
      hint: 'Set UMBRA_PIN, or run the command on a terminal, which asks for it.',
    })
  }
  process.stderr.write(`PIN of ${name}: `)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.question('', resolve)
      lines.once('SIGINT', () => reject(new UmbraError({ code: 'cancelled', message: 'Cancelled.' })))
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
