const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

/** Every fuse of Electron, so that none is left at a default unseen. */
const fuses = {
  runAsNode: false,
  enableCookieEncryption: true,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  loadBrowserProcessSpecificV8Snapshot: false,
  grantFileProtocolExtraPrivileges: false,
  resetAdHocDarwinSignature: process.platform === 'darwin',
}

/** An unpacked Electron to take instead of the download, with the version it says it is. */
function unpackedElectron() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH
  if (!folder || !existsSync(join(folder, 'version'))) return {}
  return {
    electronDist: folder,
    electronVersion: readFileSync(join(folder, 'version'), 'utf8').trim().replace(/^v/, ''),
  }
}

/** @type {import('electron-builder').Configuration} */
module.exports = {
  appId: 'io.github.umbra-perfusion.umbra',
  productName: 'Umbra',
  copyright: 'Copyright © the Umbra authors. Apache-2.0.',
  directories: { output: 'dist', buildResources: 'build' },
  ...unpackedElectron(),
  files: ['out/main/**', 'out/preload/**', 'out/renderer/**', '!**/*.map', 'package.json', 'LICENSE'],
  extraResources: [{ from: 'resources', to: 'resources' }],
  asar: true,
  // What is read or started by its path on disk: WebAssembly, native modules, and the engine's workers.
  asarUnpack: ['**/*.wasm', '**/*.node'],
  npmRebuild: false,
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
