import { defineConfig } from '@playwright/test'

/** What only the page does is the same in every host: in the desktop window it is tested with UMBRA_E2E=all. */
const sameInEveryHost = [
  'curves',
  'values',
  'review',
  'real-series',
  'problems',
  'reading',
  'reading-files',
  'drawingTools',
  'risk',
  'pipeline',
  'motion',
  'shell',
]
const leftOut = process.env.UMBRA_E2E === 'all' ? [] : sameInEveryHost.map((name) => `**/${name}.e2e.ts`)

/** The same tests in a browser and in the desktop window; software rendering on few cores needs patience. */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '*.e2e.ts',
  outputDir: 'out/test-results/e2e',
  retries: 1,
  workers: 2,
  timeout: 300_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: 'out/test-results/e2e.json' }]],
  projects: [{ name: 'browser' }, { name: 'electron', workers: 1, testIgnore: leftOut }],
})
