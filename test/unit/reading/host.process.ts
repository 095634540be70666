import { writeSync } from 'node:fs'
import { startHost } from '../../../src-main/host'

/** `umbra serve` without its pages, until it is killed; says its address once it listens. */
const [rendererDirectory, dataDirectory] = process.argv.slice(2)
startHost({ port: 0, host: '127.0.0.1', rendererDirectory, dataDirectory }).then(
  ({ port, token }) => writeSync(1, `${JSON.stringify({ port, token })}\n`),
  (thrown: unknown) => {
    writeSync(1, `failed ${String(thrown)}\n`)
    process.exit(1)
  },
)
