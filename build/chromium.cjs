const { spawnSync } = require('node:child_process')
const { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

/** The package's own names folders of a Lambda machine; without any font a page dies at the first text field. */
const ownFonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`

/** npm starts every script here; this file itself may be bundled somewhere else. */
const root = process.cwd()

exports.findChromium = () => {
  const args = [
    '--no-sandbox',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
    '--disable-gpu-compositing',
  ]
  const own = process.env.UMBRA_CHROMIUM
  if (own) return { executablePath: own, args, env: {} }
  const folder = unpackedChromium()
  return {
    executablePath: join(folder, 'chromium'),
    args: [...args, '--headless=shell', '--font-render-hinting=none'],
    env: {
      LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, join(folder, 'al2023/lib')].filter(Boolean).join(':'),
      FONTCONFIG_PATH: join(folder, 'fonts'),
      HOME: folder,
    },
  }
}

/**
 * The folder it is unpacked in. It gets its name only when all is there: tests that start together never run a
 * browser that another is still writing.
 */
function unpackedChromium() {
  const packed = join(root, 'node_modules/@sparticuz/chromium/package.json')
  const { version } = JSON.parse(readFileSync(packed, 'utf8'))
  const folder = join(root, 'node_modules/.cache', `chromium-${version}`)
  if (existsSync(folder)) return folder
  const incomplete = `${folder}.${process.pid}`
  mkdirSync(incomplete, { recursive: true })
  try {
    unpack(incomplete)
    renameSync(incomplete, folder)
  } catch (thrown) {
    rmSync(incomplete, { recursive: true, force: true })
    // Another may have been quicker.
    if (!existsSync(folder)) throw thrown
  }
  return folder
}

function unpack(folder) {
  const unpacking = "const c = (await import('@sparticuz/chromium')).default; await c.executablePath()"
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', unpacking], {
    cwd: root,
    // The package unpacks into the temporary folder, and its libraries only where this names a Lambda runtime.
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The test browser could not be unpacked: ${stderr}`)
  writeFileSync(join(folder, 'fonts/fonts.conf'), ownFonts)
}
