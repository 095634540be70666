import type { EpochRecord } from '@contract'

/**
 * The history as a TensorBoard event file: TFRecords (length, masked CRC-32C, data, masked CRC-32C) of Event messages
 * with simple-value summaries, written by hand because no library writes them without TensorFlow for Python.
 */
export function eventFile(history: readonly EpochRecord[]): Uint8Array {
  const first = history[0]?.time ?? 0
  const version = Buffer.concat([
    field(1, 1),
    double(first / 1000),
    bytesField(3, Buffer.from('brain.Event:2')),
  ])
  const events = history.map((record) => {
    const values = [
      ['loss/training', record.trainingLoss],
      ['loss/validation', record.validationLoss],
      ['learning_rate', record.learningRate],
      ...Object.entries(record.correlation).map(([map, r]) => [`r/${map}`, r]),
    ] as [string, number][]
    const summary = Buffer.concat(
      values.map(([tag, value]) =>
        bytesField(1, Buffer.concat([bytesField(1, Buffer.from(tag)), field(2, 5), float(value)])),
      ),
    )
    return Buffer.concat([
      field(1, 1),
      double(record.time / 1000),
      field(2, 0),
      varint(record.epoch),
      bytesField(5, summary),
    ])
  })
  return Buffer.concat([version, ...events].map(record))
}

/** A picture as an event file of its own: Summary.Image (height, width, colour space RGB, PNG) under `tag` at `step`. */
export function imageEvents(image: {
  tag: string
  step: number
  /** Milliseconds since 1970. */
  time: number
  png: Uint8Array
  width: number
  height: number
}): Uint8Array {
  const seconds = double(image.time / 1000)
  const version = Buffer.concat([field(1, 1), seconds, bytesField(3, Buffer.from('brain.Event:2'))])
  const number = (key: number, value: number): Buffer => Buffer.concat([field(key, 0), varint(value)])
  const content = Buffer.concat([
    number(1, image.height),
    number(2, image.width),
    number(3, 3),
    bytesField(4, Buffer.from(image.png)),
  ])
  const value = Buffer.concat([bytesField(1, Buffer.from(image.tag)), bytesField(4, content)])
  const event = [field(1, 1), seconds, number(2, image.step), bytesField(5, bytesField(1, value))]
  return Buffer.concat([version, Buffer.concat(event)].map(record))
}

/** Key of a protocol-buffer field: its number and wire type. */
function field(number: number, wire: number): Buffer {
  return varint((number << 3) | wire)
}

function bytesField(number: number, content: Buffer): Buffer {
  return Buffer.concat([field(number, 2), varint(content.length), content])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return bytes
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeUInt32LE(data.length)
  return Buffer.concat([length, masked(length), data, masked(data)])
}

function masked(data: Buffer): Buffer {
  const crc = crc32c(data)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0)
  return bytes
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

/** CRC-32C (Castagnoli), as TFRecord files use it. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
