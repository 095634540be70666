// `npm run demo`: makes a digital head phantom with an infarct, opens the workstation on it, computes its perfusion
// maps into ./demo meanwhile, by deconvolution and by a network, and says what came out. With --no-open, or in CI, it ends after the maps.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  ensureBuilt,
  ensureTensorFlow,
  openWorkstation,
  root,
  splitArguments,
  umbra,
} from './workstation.mjs'

const folder = join(root, 'demo')
const study = join(folder, 'study')
const maps = join(folder, 'maps')
const networkMaps = join(folder, 'maps-cnn')
const phantom = ['--lesion', 'mca-left:22+55', '--noise', '3', '--seed', '7']

/** Runs an umbra command to its end; resolves to its exit code. */
function run(...args) {
  console.log(`\n$ npx umbra ${args.map((each) => relative(root, each) || each).join(' ')}`)
  const child = spawn(process.execPath, [umbra, ...args], { cwd: root, stdio: 'inherit' })
  return new Promise((resolve) => {
    child.on('error', () => resolve(1))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

function tellWhatCameOut() {
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
}

const given = process.argv.slice(2)
const stays = given.includes('--no-open') || Boolean(process.env.CI)

ensureBuilt()
console.log(
  `The demonstration: a digital head with an infarct is made (demo/study), ${
    stays
      ? 'and its perfusion maps are computed'
      : 'the workstation opens on it, and its maps are written meanwhile'
  } (demo/maps).`,
)
const made = await run('phantom', study, '--force', ...phantom)
if (made !== 0) process.exit(made)

const workstation = stays
  ? null
  : openWorkstation([join(study, 'dicom')], splitArguments(given).flags, 'cnn,bennink')
const computed = await run('maps', join(study, 'dicom'), '-o', maps)
if (computed === 0) {
  tellWhatCameOut()
  ensureTensorFlow()
  const predicted = await run('predict', 'perfusion-unet-small', join(study, 'dicom'), '-o', networkMaps)
  if (predicted === 0) {
    console.log('\nThe same maps by a network, without an arterial input, are in demo/maps-cnn.')
    console.log('The window shows them above those of the deconvolution (X goes back to one source).\n')
  }
}
if (workstation === null) {
  if (computed === 0) {
    console.log('Not opened (--no-open, or CI). `npm start -- demo/study/dicom` opens the workstation on it.')
  }
  process.exit(computed)
}
process.exit((await workstation) || computed)
