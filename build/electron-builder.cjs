const { existsSync, readFileSync, rmSync } = require('node:fs')
const { homedir } = require('node:os')
const { join } = require('node:path')

/** An unpacked Electron to take instead of the download, with the version it says it is. */
function unpackedElectron() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (!folder || !existsSync(join(folder, 'version'))) return {}
  return {
    electronDist: folder,
    electronVersion: readFileSync(join(folder, 'version'), 'utf8').trim().replace(/^v/, ''),
  }
}

/** Of the Electron that is packed. */
function majorVersion() {
  const version = unpackedElectron().electronVersion ?? require('electron/package.json').version
  return Number(version.split('.')[0])
}

/** Every fuse of Electron, so that none is left at a default unseen. */
const fuses = {
  runAsNode: false,
  enableCookieEncryption: true,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  // Came with Electron 29; earlier ones have no such switch to set.
  ...(majorVersion() >= 29 ? { grantFileProtocolExtraPrivileges: false } : {}),
  resetAdHocDarwinSignature: process.platform === 'darwin',
}

/** Native TensorFlow as `npm run setup:tensorflow` made it, where it did: the application carries its own. */
function nativeTensorFlow() {
  const cache =
    process.env.UMBRA_CACHE ?? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'umbra')
  const from = join(cache, 'tensorflow/cpu')
  return existsSync(join(from, 'runtime.json')) ? [{ from, to: 'tensorflow/cpu' }] : []
}

/** Of TensorFlow.js only what Node loads, and nothing of tfjs-node's own installer. */
const withoutUnused = [
  '!node_modules/@tensorflow/*/src/**',
  '!node_modules/@tensorflow/*/{binding,scripts,wasm-out}/**',
  '!node_modules/@tensorflow/tfjs*/dist/**/*.{map,d.ts}',
  '!node_modules/@tensorflow/tfjs*/dist/**/*{_test,.min,.es2017,.fesm}.js',
  '!node_modules/@tensorflow/{tfjs,tfjs-core,tfjs-layers,tfjs-converter,tfjs-data,tfjs-backend-cpu,tfjs-backend-webgl,tfjs-backend-wasm}/dist/!(*.node.js|*.wasm)',
  '!node_modules/@tensorflow/{tfjs,tfjs-core,tfjs-layers,tfjs-converter,tfjs-data,tfjs-backend-cpu,tfjs-backend-webgl,tfjs-backend-wasm}/dist/*/**',
  '!node_modules/@mapbox/**',
  // In the application the hidden window computes with WebGPU: it has the backend in its bundle.
  '!node_modules/{webgpu,@webgpu,@tensorflow/tfjs-backend-webgpu}/**',
]

/** Of ONNX Runtime only what Node loads: one WebAssembly of several, and none of what its WebGL backend needs. */
const onnxRuntime = [
  '!node_modules/onnxruntime-web/{lib,docs}/**',
  '!node_modules/onnxruntime-web/dist/!(ort.node.min.js|ort.node.min.mjs|ort-wasm-simd-threaded.mjs|ort-wasm-simd-threaded.wasm)',
  '!node_modules/onnxruntime-common/lib/**',
  '!node_modules/onnxruntime-common/dist/**/*.{map,d.ts}',
  '!node_modules/{flatbuffers,guid-typescript,platform,protobufjs,@protobufjs}/**',
]

/** @type {import('electron-builder').Configuration} */
module.exports = {
  appId: 'io.github.umbra-perfusion.umbra',
  productName: 'Umbra',
  copyright: 'Copyright © the Umbra authors. Apache-2.0.',
  directories: { output: 'dist', buildResources: 'build' },
  ...unpackedElectron(),
  files: [
    'out/main/**',
    'out/preload/**',
    'out/renderer/**',
    'package.json',
    'LICENSE',
    '!**/*.map',
    '!node_modules/zod/src/**',
    ...withoutUnused,
    ...onnxRuntime,
  ],
  extraResources: [{ from: 'resources', to: 'resources' }, ...nativeTensorFlow()],
  asar: true,
  // The engine and what it loads lie outside the archive: it is plain Node with worker threads, WebAssembly and native
  // modules, none of which read an archive reliably. The window, the preload script and the page stay inside.
  asarUnpack: ['out/main/**', 'node_modules/**'],
  npmRebuild: false,
  // A whole Electron brings the application it shows when it has none.
  afterPack: ({ appOutDir }) => rmSync(join(appOutDir, 'resources/default_app.asar'), { force: true }),
  electronFuses: fuses,
  artifactName: '${productName}-${version}-${os}-${arch}.${ext}',
  linux: {
    target: ['deb', 'AppImage'],
    category: 'Science',
    synopsis: 'Brain CT perfusion workstation (research use only)',
    maintainer: 'The Umbra authors <umbra@users.noreply.github.com>',
    executableName: 'umbra-workstation',
  },
  win: { target: ['nsis'] },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  mac: { target: ['dmg'], category: 'public.app-category.medical', hardenedRuntime: true },
}
