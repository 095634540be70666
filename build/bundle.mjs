// What bench and accuracy share: a TypeScript program bundled with the engine's workers beside it, as the application is.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build } from 'vite'
import { root } from './workstation.mjs'

const engine = join(root, 'src-main/engine')
const { dependencies, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** Found in node_modules as they are: they look for files beside themselves. */
const external = [...Object.keys(dependencies), 'playwright-core', '@sparticuz/chromium']

/** Writes `name`.js and every worker of the engine into `outDir`; run it with UMBRA_WORKERS set to that folder. */
export async function bundle(name, entry, outDir) {
  const workers = readdirSync(engine, { recursive: true }).filter((file) => file.endsWith('.worker.ts'))
  const inputs = { [name]: entry }
  for (const file of workers) inputs[basename(file, '.ts')] = join(engine, file)
  for (const [output, path] of Object.entries(inputs)) {
    await build({
      configFile: false,
      logLevel: 'error',
      root,
      define: { __UMBRA_VERSION__: JSON.stringify(version) },
      resolve: { alias: { '@contract': resolve(root, 'src-main/contract/index.ts') } },
      ssr: { noExternal: true, external },
      build: {
        ssr: true,
        target: 'node16.17',
        outDir,
        emptyOutDir: false,
        rollupOptions: { input: { [output]: path }, output: { format: 'cjs', entryFileNames: '[name].js' } },
      },
    })
  }
}
