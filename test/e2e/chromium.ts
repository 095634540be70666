import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const cache = resolve(__dirname, '../../node_modules/.cache/chromium')

export interface Chromium {
  executablePath: string
  args: string[]
  env: Record<string, string>
}

/**
 * The headless Chromium inside the npm package @sparticuz/chromium, unpacked once, with the libraries and fonts it
 * brings for machines that lack them. `UMBRA_CHROMIUM` names another Chromium to use instead. Its own switches are
 * left out on purpose: --single-process is unstable and --disable-web-security would hide faults.
 */
export function findChromium(): Chromium {
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
  mkdirSync(cache, { recursive: true })
  const unpacked = join(cache, 'chromium')
  if (!existsSync(join(cache, 'al2023')) || !existsSync(unpacked)) {
    const unpack = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        "const c = (await import('@sparticuz/chromium')).default; await c.executablePath()",
      ],
      {
        cwd: resolve(__dirname, '../..'),
        // The package unpacks into the temporary folder, and its libraries only where this names a Lambda runtime.
        env: { ...process.env, TMPDIR: cache, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
        encoding: 'utf8',
      },
    )
    if (unpack.status !== 0) throw new Error(`The test browser could not be unpacked: ${unpack.stderr}`)
  }
  return {
    executablePath: unpacked,
    args: [...args, '--headless=shell', '--font-render-hinting=none'],
    env: {
      LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, join(cache, 'al2023/lib')].filter(Boolean).join(':'),
      FONTCONFIG_PATH: join(cache, 'fonts'),
      HOME: cache,
    },
  }
}
