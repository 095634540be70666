import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  define: { __UMBRA_VERSION__: JSON.stringify('0.0.0-test') },
  resolve: { alias: { '@contract': resolve(__dirname, 'src-main/contract/index.ts') } },
  test: {
    include: ['test/{unit,conformance}/**/*.test.ts'],
    globalSetup: ['test/setup/engine-workers.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // One module cache a process: loading TensorFlow, ITK and the codecs anew for each file took a quarter of the time.
    isolate: false,
    maxWorkers: 2,
  },
})
