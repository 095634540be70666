import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { comparisonOf, mapsMethods, UmbraError, type Comparison } from '@contract'
import { dataDirectory } from '../../engine/cases/dataDirectory'
import { startHost, type Host, type HostOptions } from '../../host'
import { printJson } from '../program'

const USUAL_PORT = 4180

interface ServeOptions {
  compare?: Comparison
  run?: boolean
  port?: number
  host: string
  allowRemote?: boolean
  json?: boolean
}

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65535) return port
  throw new InvalidArgumentError('A port is a number from 0 (any free one) to 65535.')
}

function twoMethods(text: string): Comparison {
  const comparison = comparisonOf(text)
  if (comparison) return comparison
  throw new InvalidArgumentError(`Give two of ${mapsMethods.join(', ')}, as in cnn,bennink.`)
}

/** On the usual port, or on any free one when that is taken and none was asked for. */
async function startOnFreePort(options: HostOptions, asked: number | undefined): Promise<Host> {
  if (asked !== undefined) return startHost({ ...options, port: asked })
  try {
    return await startHost({ ...options, port: USUAL_PORT })
  } catch (thrown) {
    if (!(thrown instanceof UmbraError) || thrown.code !== 'cannot-listen') throw thrown
    return startHost({ ...options, port: 0 })
  }
}

function untilStopped(): Promise<void> {
  return new Promise((stop) => {
    process.once('SIGINT', () => stop())
    process.once('SIGTERM', () => stop())
  })
}

async function serve(paths: string[], options: ServeOptions): Promise<void> {
  const rendererDirectory = join(__dirname, '../renderer')
  if (!existsSync(join(rendererDirectory, 'index.html'))) {
    throw new UmbraError({
      code: 'not-built',
      message: 'The pages of the workstation are not built.',
      hint: 'Run `npm run build` first.',
      where: rendererDirectory,
    })
  }
  const open = paths.map((path) => resolve(path))
  const missing = open.find((path) => !existsSync(path))
  if (missing) {
    throw new UmbraError({ code: 'not-found', message: 'There is no such file or folder.', where: missing })
  }
  const stopped = untilStopped()
  const { host, allowRemote } = options
  const started = await startOnFreePort(
    { port: 0, host, allowRemote, rendererDirectory, dataDirectory: dataDirectory(), open },
    options.port,
  )
  const address =
    started.address +
    (options.compare ? `&compare=${options.compare.join(',')}` : '') +
    (options.run ? '&run=1' : '')
  if (options.json) printJson({ address, port: started.port, token: started.token })
  else process.stdout.write(`Umbra is at ${address} (Ctrl-C stops it)\n`)
  await stopped
  await started.close()
}

/** `umbra serve`: the workstation in a browser, from this machine's engine. */
export function command(): Command {
  return new Command('serve')
    .description('serve the workstation to a browser and print its address')
    .argument('[paths...]', 'a study to open at the start: folders, files or zip files')
    .option('--port <number>', `0 for any free port (default: ${USUAL_PORT}, else any free one)`, portNumber)
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--allow-remote', 'listen where others on the network can reach it (traffic is not encrypted)')
    .option('--compare <methods>', 'the maps that Review begins with, two sources: cnn,bennink', twoMethods)
    .option('--run', 'run the study that is opened, from motion to summary, as soon as a window shows it')
    .option('--json', 'print the address as JSON')
    .action(serve)
}
