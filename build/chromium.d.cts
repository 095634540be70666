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
export function findChromium(): Chromium
