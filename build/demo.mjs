// `npm run demo`: makes a digital head phantom with an infarct, computes its perfusion maps into ./demo, says what came
// out, and opens the workstation on it. With --no-open, or in CI, it ends after the maps.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ensureBuilt, openWorkstation, root, splitArguments, umbra } from './workstation.mjs'

const folder = join(root, 'demo')
const study = join(folder, 'study')
const maps = join(folder, 'maps')
const phantom = ['--lesion', 'mca-left:22+55', '--noise', '3', '--seed', '7']

function run(...args) {
  console.log(`\n$ npx umbra ${args.map((each) => relative(root, each) || each).join(' ')}`)
  const done = spawnSync(process.execPath, [umbra, ...args], { cwd: root, stdio: 'inherit' })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

ensureBuilt()
run('phantom', study, '--force', ...phantom)
run('maps', join(study, 'dicom'), '-o', maps)

const { timings } = JSON.parse(readFileSync(join(maps, 'summary.json'), 'utf8'))
const seconds = Object.values(timings).reduce((sum, each) => sum + each, 0)
console.log(`\nThe maps took ${seconds.toFixed(1)} s. They are in demo/maps:`)
for (const [name, what] of [
  ['montage.png', 'all maps, slice by slice'],
  ['curves.png', 'arterial and venous curve'],
  ['cbf.nii.gz …', 'each map as NIfTI'],
  ['dicom', 'each map as a DICOM Parametric Map and in colour'],
  ['summary.json', 'settings, input curves, warnings, timings'],
]) {
  if (existsSync(join(maps, name.split(' ')[0]))) console.log(`  ${name.padEnd(14)} ${what}`)
}
console.log('The truth to compare with is in demo/study/truth.\n')

const given = process.argv.slice(2)
if (given.includes('--no-open') || process.env.CI) {
  console.log('Not opened (--no-open, or CI). `npm start -- demo/study/dicom` opens the workstation on it.')
  process.exit(0)
}
process.exit(await openWorkstation([join(study, 'dicom')], splitArguments(given).flags))
