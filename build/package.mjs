// `npm run package`: an unpacked application in dist/. Targets go through: `npm run package -- --linux deb`.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureBuilt, root } from './workstation.mjs'

ensureBuilt()
const given = process.argv.slice(2)
const builder = join(root, 'node_modules/electron-builder/cli.js')
const done = spawnSync(
  process.execPath,
  [
    builder,
    '--config',
    'build/electron-builder.cjs',
    '--publish',
    'never',
    ...(given.length ? given : ['--dir']),
  ],
  { cwd: root, stdio: 'inherit' },
)
if (done.status !== 0 && !process.env.ELECTRON_OVERRIDE_DIST_PATH) {
  console.error(
    '\nWhere Electron cannot be downloaded, point ELECTRON_OVERRIDE_DIST_PATH at an unpacked Electron.',
  )
}
process.exit(done.status ?? 1)
