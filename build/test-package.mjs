// `npm run test:package`: end-to-end tests in the application that `npm run package` made. Of the whole suite only what
// depends on how the files were packed; names of specs go through: `npm run test:package -- pipeline.e2e`.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses'
import { root } from './workstation.mjs'

const packed = join(root, 'dist', process.platform === 'win32' ? 'win-unpacked' : 'linux-unpacked')
const program = process.platform === 'win32' ? 'Umbra.exe' : 'umbra-workstation'
const copy = join(root, 'out/package-under-test')
/** The case store, ITK's interpolation, training in a process, a run of the whole pipeline. */
const usual = ['reading.e2e', 'drawingTools.e2e', 'networks.e2e', 'webgpu.e2e', 'pipeline.e2e']

/** The same files under another name, without a copy of their content where the disk can do that. */
function link(from, to) {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) link(source, target)
    else if (entry.isFile() && entry.name !== program) linkSync(source, target)
    else cpSync(source, target, { verbatimSymlinks: true })
  }
}

if (!existsSync(join(packed, program))) {
  console.error(`There is no packaged application in ${packed}: run npm run package first.`)
  process.exit(2)
}
rmSync(copy, { recursive: true, force: true })
link(packed, copy)
// All that differs from what is shipped: a debugger may attach, without which no test can drive the window.
await flipFuses(join(copy, program), {
  version: FuseVersion.V1,
  [FuseV1Options.EnableNodeCliInspectArguments]: true,
})
const given = process.argv.slice(2)
const done = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/@playwright/test/cli.js'),
    'test',
    ...(given.length > 0 ? given : usual),
    '--project',
    'electron',
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, UMBRA_E2E: 'all', UMBRA_PACKAGED: join(copy, program) },
  },
)
process.exit(done.status ?? 1)
