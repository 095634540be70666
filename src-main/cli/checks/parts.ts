import { readFile } from 'node:fs/promises'
import type { BackendReport } from '@contract'
import { surveyBackends } from '../../engine/compute/tensorflow'
import { outputOf, type Check } from './check'
import { codecCheck } from './codecs'

async function figures(): Promise<Check> {
  const check = { id: 'resvg', name: 'Figure renderer', required: true }
  try {
    const { initWasm, Resvg } = await import('@resvg/resvg-wasm')
    await initWasm(await readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')))
    const drawn = new Resvg('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>').render()
    return { ...check, state: 'ok', detail: `drew ${drawn.width} × ${drawn.height} pixels`, remedy: null }
  } catch (thrown) {
    return {
      ...check,
      state: 'missing',
      detail: (thrown as Error).message,
      remedy: 'Install Umbra again (`npm ci`).',
    }
  }
}

/** An outside program that the conformance tests and the benchmark compare with. */
async function peer(id: string, program: string, args: string[], remedy: string): Promise<Check> {
  const output = await outputOf(program, args)
  const version = output?.split('\n').find((line) => /\d+\.\d+/.test(line)) ?? output?.split('\n')[0]
  return {
    id,
    name: id,
    state: output === null ? 'missing' : 'ok',
    required: false,
    detail:
      output === null ? 'not installed; only conformance tests and benchmarks need it' : (version ?? ''),
    remedy: output === null ? remedy : null,
  }
}

function python(module: string): Promise<Check> {
  const program = process.platform === 'win32' ? 'python' : 'python3'
  const print = `import ${module}; print(${module}.__version__)`
  return peer(module, program, ['-c', print], `pip install ${module}`)
}

function backendCheck(report: BackendReport): Check {
  const { backend, available, version, device, memoryMb, gflops, reason, remedy } = report
  const memory = memoryMb === null ? null : `${(memoryMb / 1024).toFixed(1)} GB`
  const speed = gflops === null ? null : `${gflops.toFixed(gflops < 10 ? 1 : 0)} GFLOP/s measured`
  return {
    id: `backend-${backend}`,
    name: `Networks, ${backend}`,
    state: available ? 'ok' : backend === 'webgpu' ? 'later' : 'missing',
    // Always there: without it no network runs.
    required: backend === 'wasm',
    detail: available ? [version, device, memory, speed].filter(Boolean).join(', ') : (reason ?? ''),
    remedy,
  }
}

/** What Umbra is made of, tried for real, and the programs its tests compare with. */
export async function partChecks(): Promise<Check[]> {
  const parts = await Promise.all([
    codecCheck(),
    figures(),
    python('pydicom'),
    python('highdicom'),
    python('nibabel'),
    peer('dcm2niix', 'dcm2niix', ['--version'], 'apt install dcm2niix, or pip install dcm2niix'),
    peer('dciodvfy', 'dciodvfy', ['-version'], 'apt install dicom3tools'),
  ])
  return [...parts, ...(await surveyBackends({ measure: true })).map(backendCheck)]
}
