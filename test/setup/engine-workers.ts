import { readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { dependencies } from '../../package.json'

const root = resolve(__dirname, '../..')
const outDir = resolve(root, `out/test-workers/${process.pid}`)

/**
 * Bundles the engine's workers and processes before any test, as the application's build does, so that tests of pooled work run
 * real worker threads. `UMBRA_WORKERS` tells `workerPath` where they are.
 */
export default async function setup(): Promise<() => void> {
  const workers = ['src-main/engine', 'test/unit'].flatMap((folder) =>
    (readdirSync(resolve(root, folder), { recursive: true }) as string[])
      .filter((file) => /\.(worker|process)\.ts$/.test(file))
      .map((file) => join(folder, file)),
  )
  process.env.UMBRA_WORKERS = outDir
  for (const worker of workers) {
    const name = worker.replace(/^.*[\\/]/, '').replace(/\.ts$/, '')
    await build({
      configFile: false,
      logLevel: 'error',
      root,
      define: { __UMBRA_VERSION__: JSON.stringify('0.0.0-test') },
      resolve: { alias: { '@contract': resolve(root, 'src-main/contract/index.ts') } },
      ssr: { noExternal: true, external: Object.keys(dependencies) },
      build: {
        ssr: true,
        target: 'node16.17',
        outDir,
        emptyOutDir: false,
        rollupOptions: {
          input: { [name]: resolve(root, worker) },
          output: { format: 'cjs', entryFileNames: '[name].js' },
        },
      },
    })
  }
  return () => rmSync(outDir, { recursive: true, force: true })
}
