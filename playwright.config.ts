import { defineConfig } from '@playwright/test'

/** The same tests in a browser and in the desktop window; software rendering on few cores needs patience. */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '*.e2e.ts',
  outputDir: 'out/test-results/e2e',
  workers: 1,
  retries: 1,
  timeout: 300_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: 'out/test-results/e2e.json' }]],
  projects: [{ name: 'browser' }, { name: 'electron' }],
})
