import { open } from 'node:fs/promises'
import { UmbraError } from '@contract'

/** One label of ITK-SNAP: value, name, colour "#rrggbb". */
export interface DescribedLabel {
  value: number
  name: string
  colour: string
}

const heading = /^#\s*ITK-SnAP Label Description File/im
const line = /^(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.eE+-]+)\s+(\d+)\s+(\d+)\s+"(.*)"$/
/** No list of labels is larger. */
const LARGEST_BYTES = 4 * 1024 * 1024

/** Label descriptions, character for character as ITK-SNAP 3 and 4 write them (ColorLabelTable::SaveToFile). */
export function labelDescriptionText(labels: readonly DescribedLabel[]): string {
  const rows = [...labels]
    .sort((one, other) => one.value - other.value)
    .map(({ value, name, colour }) => {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
      return row(value, r, g, b, 1, name)
    })
  return [...header, row(0, 0, 0, 0, 0, 'Clear Label'), ...rows, ''].join('\n')
}

const rule = '#'.repeat(48)
const header = [
  rule,
  '# ITK-SnAP Label Description File',
  '# File format: ',
  '# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL',
  '# Fields: ',
  '#    IDX:   Zero-based index ',
  '#    -R-:   Red color component (0..255)',
  '#    -G-:   Green color component (0..255)',
  '#    -B-:   Blue color component (0..255)',
  '#    -A-:   Label transparency (0.00 .. 1.00)',
  '#    VIS:   Label visibility (0 or 1)',
  '#    IDX:   Label mesh visibility (0 or 1)',
  '#  LABEL:   Label description ',
  rule,
]

/** `shown` is opacity and both visibilities: 1 for a label, 0 for the background. */
function row(value: number, r: number, g: number, b: number, shown: 0 | 1, name: string): string {
  const wide = (number: number, width: number): string => String(number).padStart(width)
  const colour = `${wide(r, 3)}  ${wide(g, 3)}  ${wide(b, 3)}`
  // A quotation mark would end the name, a line break the line.
  const plain = name.replace(/["\r\n]+/g, "'")
  return `  ${wide(value, 3)}   ${colour}  ${wide(shown, 7)}  ${shown}  ${shown}    "${plain}"`
}

/** Whether a file begins as a label description does. */
export async function isLabelDescription(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return false
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
    return heading.test(buffer.toString('utf8', 0, bytesRead))
  } finally {
    await file.close()
  }
}

/** The labels of a description, without the background. Throws `labels-unreadable`, naming the line. */
export async function readLabelDescription(path: string): Promise<DescribedLabel[]> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size > LARGEST_BYTES) throw unreadable(path, 'It is too large for a list of labels.')
    return parseLabelDescription(await file.readFile('utf8'), path)
  } finally {
    await file.close()
  }
}

export function parseLabelDescription(content: string, where: string): DescribedLabel[] {
  const labels = new Map<number, DescribedLabel>()
  content.split(/\r?\n/).forEach((text, number) => {
    const trimmed = text.replace(/^\uFEFF/, '').trim()
    if (trimmed === '' || trimmed.startsWith('#')) return
    const found = line.exec(trimmed)
    const channels = found?.slice(2, 5).map(Number) ?? []
    if (!found || channels.some((channel) => channel > 255)) {
      throw unreadable(where, `Line ${number + 1} is no label: ${trimmed.slice(0, 60)}`)
    }
    const value = Number(found[1])
    const colour = `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
    if (value > 0) labels.set(value, { value, colour, name: found[8].trim() })
  })
  return [...labels.values()]
}

const unreadable = (where: string, message: string): UmbraError =>
  new UmbraError({
    code: 'labels-unreadable',
    message,
    hint: 'Save the label descriptions in ITK-SNAP again (Segmentation, Save Label Descriptions).',
    where,
  })
