import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where Umbra keeps settings, recent studies, computed maps and the demonstration study: `UMBRA_DATA`, or the folder
 * the operating system gives applications (%APPDATA%, ~/Library/Application Support, $XDG_DATA_HOME).
 */
export function dataDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (environment.UMBRA_DATA) return environment.UMBRA_DATA
  if (platform === 'win32') return join(environment.APPDATA || join(home, 'AppData', 'Roaming'), 'Umbra')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Umbra')
  return join(environment.XDG_DATA_HOME || join(home, '.local', 'share'), 'umbra')
}
