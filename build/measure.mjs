import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, delimiter, join } from 'node:path'
import { build } from 'vite'
import { ensureBuilt, ensureTensorFlow, root } from './workstation.mjs'

/**
 * `npm run accuracy`, `npm run volumes` and `npm run bench`: bundles a measurement of test/bench with the engine's workers beside it, as the
 * application is, and runs it. Further arguments go to the measurement.
 */
const measurements = { accuracy: 'perfusionAccuracy.ts', bench: 'run.ts', volumes: 'tissueVolumes.ts' }
const [measurement, ...options] = process.argv.slice(2)
if (!(measurement in measurements)) {
  console.error(`usage: node build/measure.mjs ${Object.keys(measurements).join('|')}`)
  process.exit(2)
}

const outDir = join(root, `out/measure-${process.pid}`)
const engine = join(root, 'src-main/engine')
const { dependencies, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** Found in node_modules as they are: they look for files beside themselves. */
const external = [...Object.keys(dependencies), 'playwright-core', '@sparticuz/chromium', 'prettier']
const workers = readdirSync(engine, { recursive: true }).filter((file) =>
  /\.(worker|process)\.ts$/.test(file),
)
const inputs = {
  measurement: join(root, 'test/bench', measurements[measurement]),
  readingMemory: join(root, 'test/bench/readingMemory.ts'),
  ...Object.fromEntries(workers.map((file) => [basename(file, '.ts'), join(engine, file)])),
}

/** The libtensorflow of Umbra comes out of the same release for Python. */
const { version: tensorflow } = JSON.parse(readFileSync(join(root, 'build/tensorflow-wheels.json'), 'utf8'))
const usesNetworks =
  measurement === 'bench' && (options.includes('networks') || options.every((each) => each.startsWith('-')))

/** Installs packages into the Python environment of the bench, once; false where they are not to be had. */
function install(bin, python, mark, packages) {
  if (existsSync(mark)) return true
  console.error(`Installing peers (${packages.join(', ')}) …`)
  const pip = ['-m', 'pip', 'install', '--quiet', ...packages]
  const { status } = spawnSync(join(bin, python), pip, { stdio: 'ignore', timeout: 300_000 })
  if (status === 0) writeFileSync(mark, '')
  else console.error('They are not to be had here; the bench takes those that the machine has.')
  return status === 0
}

/**
 * The PATH with the peers of the bench first: numpy, pydicom, dcm2niix, ITK and, for the networks, TensorFlow in a Python
 * environment of their own. Where they are not to be had, those that the machine has are measured against.
 */
function pathWithPeers() {
  const folder = join(root, 'node_modules/.cache/bench-peers')
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin')
  const python = process.platform === 'win32' ? 'python' : 'python3'
  if (!existsSync(bin)) spawnSync(python, ['-m', 'venv', folder], { stdio: 'ignore' })
  if (!install(bin, python, join(folder, 'complete'), ['numpy', 'pydicom', 'dcm2niix'])) {
    rmSync(folder, { recursive: true, force: true })
    return process.env.PATH
  }
  install(bin, python, join(folder, 'complete-itk'), ['SimpleITK', 'itk-elastix'])
  const keras = [`tensorflow-cpu==${tensorflow}`]
  if (usesNetworks) install(bin, python, join(folder, `complete-tensorflow-${tensorflow}`), keras)
  return [bin, process.env.PATH].join(delimiter)
}

ensureBuilt()
if (usesNetworks) ensureTensorFlow()
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
    env: {
      ...process.env,
      UMBRA_WORKERS: outDir,
      PATH: measurement === 'bench' ? pathWithPeers() : process.env.PATH,
    },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(outDir, { recursive: true, force: true })
}
