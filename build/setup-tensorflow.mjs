// `npm run setup:tensorflow`: native TensorFlow for this user, beside no checkout. It takes libtensorflow out of the
// Python wheel (for CUDA where there is an NVIDIA driver), whose hash is pinned in tensorflow-wheels.json, and compiles
// the binding of tfjs-node against it. What is done already is not done again; what was downloaded is kept until all is
// done. `--variant cpu|cuda` chooses, `--again` starts anew, `--if-possible` ends well where it cannot be done.
/* global setInterval, clearInterval */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
} from 'node:fs'
import { chmodSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const load = createRequire(import.meta.url)
const wheels = JSON.parse(readFileSync(join(root, 'build/tensorflow-wheels.json'), 'utf8'))
const package_ = join(root, 'node_modules/@tensorflow/tfjs-node-gpu')
const cache = process.env.UMBRA_CACHE
  ? resolve(process.env.UMBRA_CACHE)
  : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'umbra')
const downloads = join(cache, 'wheels')
const platform = `${process.platform}-${process.arch}`
const python = process.env.PYTHON || 'python3'
const compiler = process.env.CXX || 'g++'
/** Wheels are chosen for the platform, whatever Python runs pip. */
const tags = [
  'manylinux_2_17',
  'manylinux2014',
  'manylinux_2_25',
  'manylinux_2_27',
  'manylinux_2_28',
  'manylinux2010',
]
const POLL_MS = 500

const { values: given } = parseArgs({
  options: {
    variant: { type: 'string' },
    again: { type: 'boolean', default: false },
    'if-possible': { type: 'boolean', default: false },
  },
})

/** Ends with one line that says why native TensorFlow is not to be had here. */
function giveUp(reason) {
  say(`Native TensorFlow was not set up: ${reason} Umbra computes with its wasm backend instead.`)
  process.exit(given['if-possible'] ? 0 : 1)
}

let lineLength = 0

/** One line of progress: on a terminal it replaces the last one, elsewhere every step is a line of its own. */
function progress(text) {
  if (!process.stderr.isTTY) return
  process.stderr.write(`\r${text.padEnd(lineLength)}`)
  lineLength = text.length
}

function step(text) {
  if (process.stderr.isTTY) progress(text)
  else process.stderr.write(`${text}\n`)
}

function say(text) {
  if (process.stderr.isTTY && lineLength) progress('')
  process.stderr.write(process.stderr.isTTY && lineLength ? `\r${text}\n` : `${text}\n`)
}

const answers = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`

function folderBytes(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name)
      return sum + (existsSync(path) ? statSync(path).size : 0)
    }, 0)
}

async function sha256(path) {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

/** The wheel's file in the cache, downloaded by pip, which knows the user's index; null where the hash is another. */
async function fetchWheel({ name, version, sha256: wanted }, title) {
  const folder = join(downloads, `${name}-${version}`)
  const find = (place) => {
    const file = existsSync(place) ? readdirSync(place).find((each) => each.endsWith('.whl')) : null
    return file ? join(place, file) : null
  }
  const kept = find(folder)
  if (kept && (await sha256(kept)) === wanted) return kept
  // Two of these may run at once: each downloads into a folder of its own.
  const part = `${folder}.part-${process.pid}`
  const temporary = join(part, 'temporary')
  mkdirSync(temporary, { recursive: true })
  const list = join(part, 'requirements.txt')
  writeFileSync(list, `${name}==${version} --hash=sha256:${wanted}\n`)
  step(`${title}: downloading`)
  const options = ['--no-deps', '--only-binary=:all:', '--implementation', 'cp', '--python-version', '3.11']
  const platforms = tags.flatMap((tag) => ['--platform', `${tag}_x86_64`])
  const child = spawn(
    python,
    ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-cache-dir', '--require-hashes']
      .concat(options, platforms)
      .concat('-d', part, '-r', list),
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TMPDIR: temporary } },
  )
  const stop = () => {
    child.kill()
    rmSync(part, { recursive: true, force: true })
  }
  process.once('exit', stop)
  let errors = ''
  child.stderr.on('data', (text) => (errors += text))
  const timer = setInterval(() => progress(`${title}: downloading, ${megabytes(folderBytes(part))}`), POLL_MS)
  const code = await new Promise((ended) => child.on('error', () => ended(-1)).on('exit', ended))
  clearInterval(timer)
  const file = find(part)
  if (code !== 0 || !file) {
    const failures = errors.split('\n').filter((line) => /error/i.test(line))
    const reason = failures.length ? ` (${failures[failures.length - 1].trim()})` : ''
    giveUp(`pip could not download ${name} ${version}${reason}.`)
  }
  step(`${title}: checking`)
  if ((await sha256(file)) !== wanted) {
    giveUp(`the file of ${name} ${version} is not the one its hash names; it was deleted.`)
  }
  process.removeListener('exit', stop)
  rmSync(folder, { recursive: true, force: true })
  rmSync(temporary, { recursive: true, force: true })
  renameSync(part, folder)
  return find(folder)
}

/** Writes the entries of a wheel for which `target` names a path. */
async function extract(wheel, target) {
  const yauzl = load('yauzl')
  const archive = await new Promise((done, failed) => {
    yauzl.open(wheel, { lazyEntries: true, autoClose: true }, (error, zip) =>
      error ? failed(error) : done(zip),
    )
  })
  await new Promise((done, failed) => {
    archive.on('error', failed)
    archive.on('end', done)
    archive.on('entry', (entry) => {
      const path = entry.fileName.endsWith('/') ? null : target(entry.fileName)
      if (!path) return archive.readEntry()
      mkdirSync(dirname(path), { recursive: true })
      archive.openReadStream(entry, (error, stream) => {
        if (error) return failed(error)
        pipeline(stream, createWriteStream(path)).then(() => archive.readEntry(), failed)
      })
    })
    archive.readEntry()
  })
}

/** Where each file of a wheel goes: libraries beside the binding, headers into `include`; null for all others. */
function destination(folder, include) {
  return (name) => {
    if (/^tensorflow\/libtensorflow_(cc|framework)\.so\.2$/.test(name)) return join(folder, basename(name))
    if (/^tensorflow\/THIRD_PARTY_NOTICES\.txt$/.test(name)) return join(folder, basename(name))
    if (name === 'tensorflow/include/LICENSE') return join(folder, 'LICENSE')
    if (/^tensorflow\/include\/(tensorflow\/(c|core|tsl)|xla\/tsl|tsl)\/.*\.h$/.test(name)) {
      return join(include, name.slice('tensorflow/include/'.length))
    }
    if (/^nvidia\/[^/]+\/(lib\/.*\.so[^/]*|bin\/ptxas|nvvm\/libdevice\/.*)$/.test(name))
      return join(folder, name)
    return null
  }
}

function compile(folder, include) {
  const binding = join(folder, 'tfjs_binding.node')
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(package_, 'binding', file))
  const includes = [dirname(package_), package_, include, load('node-api-headers').include_dir]
  const done = spawnSync(
    compiler,
    [
      '-O2',
      '-std=c++17',
      '-shared',
      '-fPIC',
      '-w',
      ...sources,
      ...includes.map((path) => `-I${path}`),
    ].concat(
      ['-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION', `-L${folder}`, '-l:libtensorflow_cc.so.2'],
      ['-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN', '-o', binding],
    ),
    { encoding: 'utf8' },
  )
  if (done.status !== 0) {
    giveUp(`${compiler} could not compile the binding (${(done.stderr ?? '').trim().split('\n')[0]}).`)
  }
  const tried = spawnSync(process.execPath, ['-p', `require(${JSON.stringify(binding)}).TF_Version`], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  })
  if (tried.status !== 0) giveUp(`the binding does not load (${tried.stderr.trim().split('\n').pop()}).`)
  return tried.stdout.trim()
}

function libraryFolders(folder) {
  const nvidia = join(folder, 'nvidia')
  if (!existsSync(nvidia)) return []
  return readdirSync(nvidia)
    .map((name) => join('nvidia', name, 'lib'))
    .filter((path) => existsSync(join(folder, path)))
}

function ready(folder) {
  const file = join(folder, 'runtime.json')
  if (given.again || !existsSync(file)) return null
  const runtime = JSON.parse(readFileSync(file, 'utf8'))
  const { version } = JSON.parse(readFileSync(join(package_, 'package.json'), 'utf8'))
  const same =
    runtime.version === wheels.version && runtime.binding === version && runtime.platform === platform
  return same ? runtime : null
}

const hasDriver = existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl')
const variant = given.variant ?? (hasDriver ? 'cuda' : 'cpu')
const name = variant === 'cuda' ? 'for CUDA' : 'for the processor'
if (!(variant in wheels.variants)) {
  console.error('usage: npm run setup:tensorflow -- [--variant cpu|cuda] [--again] [--if-possible]')
  process.exit(2)
}
if (platform !== 'linux-x64') giveUp(`it is set up on Linux x64 only, and this is ${platform}.`)

const home = join(cache, 'tensorflow', variant)
const existing = ready(home)
if (existing) {
  say(`Native TensorFlow ${existing.version} ${name} is set up in ${home}.`)
  process.exit(0)
}
if (!existsSync(package_)) giveUp('the npm packages are not installed (npm ci).')
if (!answers(python, '-m', 'pip', '--version'))
  giveUp(`pip is not installed (${python} -m pip does not answer).`)
if (!answers(compiler, '--version')) giveUp(`there is no C++ compiler (${compiler} does not answer).`)

const started = Date.now()
const title = `Native TensorFlow ${wheels.version} ${name}`
const work = join(cache, 'tensorflow', `${variant}.part-${process.pid}`)
const include = join(work, 'include')
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
try {
  mkdirSync(include, { recursive: true })
  const parts = wheels.variants[variant]
  for (const [i, wheel] of parts.entries()) {
    const part = parts.length > 1 ? `${title}, ${wheel.name} (${i + 1} of ${parts.length})` : title
    const file = await fetchWheel(wheel, part)
    step(`${part}: unpacking`)
    await extract(file, destination(work, include))
  }
  step(`${title}: compiling the binding`)
  for (const tool of ['nvidia/cuda_nvcc/bin/ptxas'].map((path) => join(work, path))) {
    if (existsSync(tool)) chmodSync(tool, 0o755)
  }
  const version = compile(work, include)
  rmSync(include, { recursive: true, force: true })
  const { version: binding } = JSON.parse(readFileSync(join(package_, 'package.json'), 'utf8'))
  const runtime = { variant, version, binding, platform, libraryFolders: libraryFolders(work) }
  writeFileSync(join(work, 'runtime.json'), `${JSON.stringify(runtime, null, 2)}\n`)
  rmSync(home, { recursive: true, force: true })
  renameSync(work, home)
  for (const { name: wheel, version: of } of parts) {
    rmSync(join(downloads, `${wheel}-${of}`), { recursive: true, force: true })
  }
  say(`${title} is set up in ${home} (${((Date.now() - started) / 1000).toFixed(0)} s).`)
} catch (error) {
  giveUp(`${error.message}.`)
}
