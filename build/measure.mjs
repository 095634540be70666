import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/**
 * `npm run accuracy` and `npm run bench`: bundles a measurement of test/bench with the engine's workers beside it, as the
 * application is, and runs it. Further arguments go to the measurement.
 */
const measurements = { accuracy: 'perfusionAccuracy.ts', bench: 'run.ts' }
const [measurement, ...options] = process.argv.slice(2)
if (!(measurement in measurements)) {
  console.error(`usage: node build/measure.mjs ${Object.keys(measurements).join('|')}`)
  process.exit(2)
}

const root = fileURLToPath(new URL('..', import.meta.url))
const outDir = resolve(root, `out/measure-${process.pid}`)
const engine = resolve(root, 'src-main/engine')
const { dependencies } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))
const workers = readdirSync(engine, { recursive: true }).filter((file) => file.endsWith('.worker.ts'))
const inputs = {
  measurement: resolve(root, 'test/bench', measurements[measurement]),
  ...Object.fromEntries(workers.map((file) => [basename(file, '.ts'), resolve(engine, file)])),
}

try {
  for (const [name, path] of Object.entries(inputs)) {
    await build({
      configFile: false,
      logLevel: 'error',
      root,
      define: { __UMBRA_VERSION__: JSON.stringify('measurement') },
      resolve: { alias: { '@contract': resolve(root, 'src-main/contract/index.ts') } },
      ssr: { noExternal: true, external: Object.keys(dependencies) },
      build: {
        ssr: true,
        target: 'node16.17',
        outDir,
        emptyOutDir: false,
        rollupOptions: { input: { [name]: path }, output: { format: 'cjs', entryFileNames: '[name].js' } },
      },
    })
  }
  const { status } = spawnSync(process.execPath, [resolve(outDir, 'measurement.js'), ...options], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, UMBRA_WORKERS: outDir },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(outDir, { recursive: true, force: true })
}
