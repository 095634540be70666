// `npm run accuracy`: measures the maps of digital phantoms against their truth (docs/perfusion-accuracy.md).
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { root } from './workstation.mjs'

const outDir = join(root, `out/accuracy-${process.pid}`)
try {
  await bundle('accuracy', join(root, 'test/bench/perfusionAccuracy.ts'), outDir)
  const { status } = spawnSync(process.execPath, [join(outDir, 'accuracy.js')], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, UMBRA_WORKERS: outDir },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(outDir, { recursive: true, force: true })
}
