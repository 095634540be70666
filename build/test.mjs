// `npm test`: the static checks, the unit and conformance tests, the build, and the end-to-end tests in the browser
// that comes with npm. `--electron` runs the end-to-end tests in the desktop window instead. Ends with one line:
// "N passed, N failed, N skipped".
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureTensorFlow } from './workstation.mjs'

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const results = join(root, 'out/test-results')
const total = { passed: 0, failed: 0, skipped: 0 }

/** Runs a tool of node_modules/.bin to its end and says whether it went well. */
function run(title, command, args) {
  console.log(`\n=== ${title}`)
  const windows = process.platform === 'win32'
  const tool = spawn(join(root, 'node_modules/.bin', windows ? `${command}.cmd` : command), args, {
    cwd: root,
    stdio: 'inherit',
    shell: windows,
  })
  return new Promise((end) => {
    tool.on('error', (error) => {
      console.error(`${title}: ${error.message}`)
      end(false)
    })
    tool.on('close', (code) => end(code === 0))
  })
}

async function check(title, command, args) {
  const ok = await run(title, command, args)
  total[ok ? 'passed' : 'failed']++
  if (!ok) console.error(`${title}: failed`)
  return ok
}

/** Adds the counts of a runner's JSON report; a runner that fails without a failed test counts as one failure. */
function countTests(ok, file, count) {
  const before = total.failed
  const path = join(results, file)
  if (existsSync(path)) {
    const report = JSON.parse(readFileSync(path, 'utf8'))
    const { passed, failed, skipped } = count(report)
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
  }
  if (!ok && total.failed === before) total.failed++
}

const vitestCounts = (report) => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests,
  skipped: report.numPendingTests + report.numTodoTests,
})
const playwrightCounts = ({ stats }) => ({
  passed: stats.expected + stats.flaky,
  failed: stats.unexpected,
  skipped: stats.skipped,
})

async function endToEnd(project) {
  const ok = await run(`end to end (${project})`, 'playwright', ['test', '--project', project])
  countTests(ok, 'e2e.json', playwrightCounts)
}

mkdirSync(results, { recursive: true })
rmSync(join(results, 'vitest.json'), { force: true })
rmSync(join(results, 'e2e.json'), { force: true })

if (process.argv.includes('--electron')) {
  await endToEnd('electron')
} else {
  // The tests of native TensorFlow run where it could be set up, and are skipped elsewhere.
  ensureTensorFlow()
  await Promise.all([
    check('lint', 'eslint', ['.', '--max-warnings', '0']),
    check('types', 'vue-tsc', ['--noEmit']),
  ])
  if (await check('build', 'electron-vite', ['build', '--logLevel', 'warn'])) {
    const ok = await run('unit and conformance', 'vitest', [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${join(results, 'vitest.json')}`,
    ])
    countTests(ok, 'vitest.json', vitestCounts)
    await endToEnd('browser')
  }
}

console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed === 0 ? 0 : 1)
