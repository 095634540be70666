import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'vite'
import { ensureBuilt, root } from './workstation.mjs'

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

const outDir = join(root, `out/measure-${process.pid}`)
const engine = join(root, 'src-main/engine')
const { dependencies, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** Found in node_modules as they are: they look for files beside themselves. */
const external = [...Object.keys(dependencies), 'playwright-core', '@sparticuz/chromium']
const workers = readdirSync(engine, { recursive: true }).filter((file) =>
  /\.(worker|process)\.ts$/.test(file),
)
const inputs = {
  measurement: join(root, 'test/bench', measurements[measurement]),
  ...Object.fromEntries(workers.map((file) => [basename(file, '.ts'), join(engine, file)])),
}

ensureBuilt()
mkdirSync(outDir, { recursive: true })
try {
  for (const [name, path] of Object.entries(inputs)) {
    await build({
      configFile: false,
      logLevel: 'error',
      root,
      define: { __UMBRA_VERSION__: JSON.stringify(version) },
      resolve: { alias: { '@contract': join(root, 'src-main/contract/index.ts') } },
      ssr: { noExternal: true, external },
      build: {
        ssr: true,
        target: 'node16.17',
        outDir,
        emptyOutDir: false,
        rollupOptions: { input: { [name]: path }, output: { format: 'cjs', entryFileNames: '[name].js' } },
      },
    })
  }
  const { status } = spawnSync(process.execPath, [join(outDir, 'measurement.js'), ...options], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, UMBRA_WORKERS: outDir },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(outDir, { recursive: true, force: true })
}
