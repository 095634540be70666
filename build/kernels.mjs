// `npm run kernels`: translates src-main/engine/compute/kernels/kernels.ts to WebAssembly, as base64 in the module beside
// its folder. A test translates it again and compares.
import { writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = 'src-main/engine/compute'

/** The text of kernelsBinary.ts. */
export async function translateKernels() {
  let binary = null
  const { error, stderr } = await asc.main(
    [
      ...[`${folder}/kernels/kernels.ts`, '--baseDir', root, '--outFile', 'kernels.wasm'],
      ...['--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert', '-O3'],
    ],
    { writeFile: (name, contents) => (name.endsWith('.wasm') ? (binary = contents) : null) },
  )
  if (error !== null || binary === null)
    throw new Error(`${error?.message ?? 'no output'}\n${stderr.toString()}`)
  const lines = Buffer.from(binary)
    .toString('base64')
    .match(/.{1,100}/g)
    .map((line) => `  '${line}'`)
  return `/** kernels/kernels.ts, translated by \`npm run kernels\`; base64. */\nexport const kernelsBinary =\n${lines.join(' +\n')}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(`${root}${folder}/kernelsBinary.ts`, await translateKernels())
}
