import { spawnSync } from 'node:child_process'

/** True where Python 3 with these packages is installed. */
export function hasPython(...packages: string[]): boolean {
  return spawnSync('python3', ['-c', packages.map((name) => `import ${name}`).join('\n')]).status === 0
}

/** True where a program is installed; it is started without arguments. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, [], { input: '' }).error === undefined
}

/** Runs a Python script that prints one JSON value, and gives that value. */
export function python<T>(script: string, ...args: string[]): T {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script, ...args], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as T
}

/** The lines that begin with "Error" of what dciodvfy says of a DICOM file. */
export function standardErrors(path: string): string[] {
  const { stdout, stderr } = spawnSync('dciodvfy', [path], { encoding: 'utf8' })
  return `${stdout}\n${stderr}`.split('\n').filter((line) => line.startsWith('Error'))
}
