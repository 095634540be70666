import { createRequire } from 'node:module'
import util from 'node:util'
import type * as tfjs from '@tensorflow/tfjs'

/** The whole of TensorFlow.js, core and layers: what `tf` is in its documentation. */
export type TensorFlow = typeof tfjs

/** Never bundled: every part of TensorFlow.js must share one engine, and finds files beside itself. */
const load = createRequire(__filename)

/** What util lost in Node 23, which tfjs-node 4.22 still calls. */
const formerUtil: Record<string, (value: unknown) => boolean> = {
  isNullOrUndefined: (value) => value === null || value === undefined,
  isArray: Array.isArray,
}

let library: TensorFlow | null = null

/** A module of the installed TensorFlow.js packages, by its path in node_modules. */
export function requireTensorFlow(path: string): unknown {
  return load(path)
}

/** Where a file of the installed TensorFlow.js packages lies. */
export function resolveTensorFlow(path: string): string {
  return load.resolve(path)
}

/**
 * TensorFlow.js, loaded once a process and not before it is asked for (0.2 s). No backend is chosen. The plain
 * JavaScript backend, which registers itself, is taken out: it is a thousand times slower than native, and wrong in places.
 */
export function loadTensorFlow(): TensorFlow {
  if (library) return library
  const functions = util as unknown as Record<string, unknown>
  for (const [name, replacement] of Object.entries(formerUtil)) functions[name] ??= replacement
  const tf = load('@tensorflow/tfjs') as TensorFlow
  tf.removeBackend('cpu')
  return (library = tf)
}
