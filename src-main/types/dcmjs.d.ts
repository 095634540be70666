/** What Umbra uses of dcmjs, which ships no declarations. */
declare module 'dcmjs' {
  /** A data set by keyword ("PatientName"); sequences are arrays of data sets. Binary values are ArrayBuffers. */
  export type NaturalizedDataset = Record<string, unknown>
  /** A data set by tag ("00100010"). */
  export type DicomDictionary = Record<string, { vr: string; Value: unknown[] }>

  interface DicomDict {
    meta: DicomDictionary
    dict: DicomDictionary
    write(options?: { allowInvalidVRLength?: boolean; fragmentMultiframe?: boolean }): ArrayBuffer
  }
  interface Dcmjs {
    data: {
      DicomDict: new (meta: DicomDictionary) => DicomDict
      DicomMessage: { readFile(bytes: ArrayBuffer, options?: { ignoreErrors?: boolean }): DicomDict }
      DicomMetaDictionary: {
        nameMap: Record<string, { tag: string; vr: string; vm: string; name: string } | undefined>
        naturalizeDataset(dictionary: DicomDictionary): NaturalizedDataset
        denaturalizeDataset(dataset: NaturalizedDataset): DicomDictionary
        uid(): string
        date(): string
        time(): string
      }
    }
    log: { setLevel(level: string): void }
  }
  const dcmjs: Dcmjs
  export default dcmjs
}
