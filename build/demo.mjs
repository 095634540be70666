// `npm run demo`: makes a digital head phantom that moves, with noise and an infarct of known size, opens the workstation
// on it, and runs everything into ./demo/run meanwhile: motion correction, maps by deconvolution and by a network, tissue
// at risk and quality. With --no-open, or in CI, it ends after the run.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ensureBuilt, openWorkstation, root, splitArguments, umbra } from './workstation.mjs'

const folder = join(root, 'demo')
const study = join(folder, 'study')
const results = join(folder, 'run')
const phantom = ['--lesion', 'mca-left:22+55', '--noise', '3', '--motion', '3', '--seed', '7']

/** Runs an umbra command to its end; resolves to its exit code. */
function command(...args) {
  console.log(`\n$ npx umbra ${args.map((each) => relative(root, each) || each).join(' ')}`)
  const child = spawn(process.execPath, [umbra, ...args], { cwd: root, stdio: 'inherit' })
  return new Promise((resolve) => {
    child.on('error', () => resolve(1))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'))

function tellWhatCameOut() {
  const { seconds } = readJson(results, 'run.json')
  const { tissueAtRisk } = readJson(results, 'summary.json')
  const { lesion } = readJson(study, 'truth', 'truth.json')
  const whole = lesion.coreMl + lesion.penumbraMl
  console.log(`\nThe run took ${seconds.toFixed(1)} s.`)
  console.log(`  core           ${tissueAtRisk.coreMl.toFixed(1)} ml, made with ${lesion.coreMl.toFixed(1)}`)
  console.log(`  hypoperfusion  ${tissueAtRisk.hypoperfusionMl.toFixed(1)} ml, made with ${whole.toFixed(1)}`)
  console.log('\nIt is in demo/run:')
  for (const [name, what] of [
    ['tissue-at-risk.pdf', 'volumes and quality on one page'],
    ['montage.png', 'all maps, slice by slice'],
    ['curves.png', 'arterial and venous curve'],
    ['cbf.nii.gz …', 'each map as NIfTI'],
    ['dicom', 'each map as a DICOM Parametric Map and in colour'],
    ['network', 'the maps by a network, without an arterial input'],
    ['summary.json', 'volumes, motion, quality, settings, input curves, warnings, timings'],
    ['run.json', 'every step with its settings, result and time'],
  ]) {
    if (existsSync(join(results, name.split(' ')[0]))) console.log(`  ${name.padEnd(19)} ${what}`)
  }
  console.log('The truth to compare with is in demo/study/truth.\n')
}

const given = process.argv.slice(2)
const stays = given.includes('--no-open') || Boolean(process.env.CI)

ensureBuilt()
console.log(
  `The demonstration: a digital head that moves and has an infarct is made (demo/study), ${
    stays ? 'and everything is run on it' : 'the workstation opens on it, and everything is run meanwhile'
  } (demo/run).`,
)
const made = await command('phantom', study, '--force', ...phantom)
if (made !== 0) process.exit(made)

const workstation = stays
  ? null
  : openWorkstation([join(study, 'dicom')], splitArguments(given).flags, {
      compare: 'cnn,bennink',
      run: true,
    })
const ran = await command('run', join(study, 'dicom'), '-o', results)
if (ran === 0) {
  tellWhatCameOut()
  if (!stays) {
    console.log(
      'The window runs the same steps, finds what is there already, and shows the maps by the network',
    )
    console.log('above those by deconvolution (X goes back to one source).\n')
  }
}
if (workstation === null) {
  if (ran === 0) {
    console.log('Not opened (--no-open, or CI). `npm start -- demo/study/dicom` opens the workstation on it.')
  }
  process.exit(ran)
}
process.exit((await workstation) || ran)
