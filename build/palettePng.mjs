// Writes a picture as a PNG of 256 colours, a third of the size of one of all colours: pictures of a dark window with
// maps in it need no more.
import { deflateSync } from 'node:zlib'
import { PNG } from 'pngjs'

const COLOURS = 256
/** Colours are told apart by six bits a channel; a box of the palette has the mean of its true ones. */
const keyOf = (r, g, b) => ((r >> 2) << 12) | ((g >> 2) << 6) | (b >> 2)

/** The colours of a picture: for each key how often it is there and the sums of its channels. */
function countColours(data) {
  const found = new Map()
  for (let at = 0; at < data.length; at += 4) {
    const key = keyOf(data[at], data[at + 1], data[at + 2])
    let entry = found.get(key)
    if (!entry) found.set(key, (entry = { key, count: 0, sum: [0, 0, 0] }))
    entry.count++
    for (let channel = 0; channel < 3; channel++) entry.sum[channel] += data[at + channel]
  }
  return [...found.values()].map(({ key, count, sum }) => ({ key, count, mean: sum.map((s) => s / count) }))
}

/** The mean of a box of colours, and the channel in which they differ most (squares, weighted by their number). */
function boxOf(colours) {
  const count = colours.reduce((sum, each) => sum + each.count, 0)
  const mean = [0, 1, 2].map((c) => colours.reduce((sum, each) => sum + each.count * each.mean[c], 0) / count)
  const spread = mean.map((m, c) =>
    colours.reduce((sum, each) => sum + each.count * (each.mean[c] - m) ** 2, 0),
  )
  const worst = Math.max(...spread)
  return { colours, mean, worst, channel: spread.indexOf(worst) }
}

/** Median cut: the box whose colours differ most is halved at its mean until there are enough. */
function makePalette(colours) {
  const boxes = [boxOf(colours)]
  while (boxes.length < COLOURS) {
    const at = boxes.reduce((best, box, i) => (box.worst > boxes[best].worst ? i : best), 0)
    const { colours: inside, mean, worst, channel } = boxes[at]
    if (worst === 0) break
    const low = inside.filter((each) => each.mean[channel] <= mean[channel])
    const high = inside.filter((each) => each.mean[channel] > mean[channel])
    if (low.length === 0 || high.length === 0) break
    boxes.splice(at, 1, boxOf(low), boxOf(high))
  }
  return boxes
}

function crc32(bytes) {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  data.copy(out, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
  return out
}

/** The same picture with a palette. */
export function withPalette(png) {
  const { width, height, data } = PNG.sync.read(png)
  const boxes = makePalette(countColours(data))
  const indexOf = new Map(boxes.flatMap(({ colours }, index) => colours.map(({ key }) => [key, index])))
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x)
      rows[y * (width + 1) + 1 + x] = indexOf.get(keyOf(data[at], data[at + 1], data[at + 2]))
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  header[9] = 3
  const palette = Buffer.from(boxes.flatMap(({ mean }) => mean.map(Math.round)))
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
