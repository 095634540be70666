// `npm run bench [-- load|perfusion|window] [--write]`: bundles the benches with the engine's workers beside them, as the
// application is, and runs them. The table goes to stdout; `--write` also puts it into docs/benchmarks.md.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { ensureBuilt, root } from './workstation.mjs'

ensureBuilt()
const outDir = join(root, `out/bench-${process.pid}`)
mkdirSync(outDir, { recursive: true })
try {
  await bundle('bench', join(root, 'test/bench/run.ts'), outDir)
  const { status } = spawnSync(process.execPath, [join(outDir, 'bench.js'), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, UMBRA_WORKERS: outDir },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(outDir, { recursive: true, force: true })
}
