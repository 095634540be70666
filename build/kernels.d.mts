/** The text of src-main/engine/compute/kernelsBinary.ts, translated anew. */
export function translateKernels(): Promise<string>
