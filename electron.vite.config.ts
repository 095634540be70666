import { chmodSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import { version } from './package.json'

const root = __dirname
const alias = { '@contract': resolve(root, 'src-main/contract/index.ts') }
const define = { __UMBRA_VERSION__: JSON.stringify(version) }

/** Every `<name>.worker.ts` and `<name>.process.ts` of the engine is bundled next to the program that starts it. */
function engineWorkers(): Record<string, string> {
  const engine = resolve(root, 'src-main/engine')
  const files = readdirSync(engine, { recursive: true }) as string[]
  return Object.fromEntries(
    files
      .filter((file) => /\.(worker|process)\.ts$/.test(file))
      .map((file) => [file.replace(/^.*[\\/]/, '').replace(/\.ts$/, ''), resolve(engine, file)]),
  )
}

/** The command line is a program of its own: `npx umbra` runs the built file by its first line. */
const executable = {
  name: 'umbra-executable',
  writeBundle: () => chmodSync(resolve(root, 'out/main/umbra.js'), 0o755),
}

/**
 * Packages listed under "dependencies" stay outside the bundles, because they find their WebAssembly beside
 * themselves; everything else is bundled. The targets are the oldest Electron the code must run on (22: Node 16,
 * Chromium 108).
 */
export default defineConfig({
  main: {
    define,
    resolve: { alias },
    plugins: [executable],
    build: {
      target: 'node16.17',
      outDir: 'out/main',
      sourcemap: true,
      rollupOptions: {
        input: {
          electron: resolve(root, 'src-main/electron/main.ts'),
          engine: resolve(root, 'src-main/engine/main.ts'),
          umbra: resolve(root, 'src-main/cli/umbra.ts'),
          ...engineWorkers(),
        },
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: 'node16.17',
      outDir: 'out/preload',
      externalizeDeps: false,
      rollupOptions: {
        input: {
          preload: resolve(root, 'src-main/electron/preload.ts'),
          hiddenPreload: resolve(root, 'src-main/electron/hiddenPreload.ts'),
        },
        output: { format: 'cjs', entryFileNames: '[name].js' },
      },
    },
  },
  renderer: {
    root: resolve(root, 'src-renderer'),
    base: './',
    define,
    resolve: { alias },
    plugins: [vue()],
    worker: { format: 'es' },
    build: {
      target: 'chrome108',
      outDir: resolve(root, 'out/renderer'),
      chunkSizeWarningLimit: 6000,
      rollupOptions: {
        input: {
          index: resolve(root, 'src-renderer/index.html'),
          networks: resolve(root, 'src-renderer/networks.html'),
        },
      },
    },
  },
})
