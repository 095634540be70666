import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PNG } from 'pngjs'
import { Resvg, initWasm } from '@resvg/resvg-wasm'
import type { Colour } from '@contract'
import { resourcePath } from '../files/resources'

/** A picture, [row][column][red, green, blue, alpha], 8 bits each. */
export interface Picture {
  width: number
  height: number
  pixels: Uint8Array
}

export const FONT = 'Inter'

let renderer: Promise<Uint8Array[]> | null = null

/** Starts the SVG renderer once a process and reads the fonts that come with the application. */
function fonts(): Promise<Uint8Array[]> {
  renderer ??= (async () => {
    const wasm = createRequire(__filename).resolve('@resvg/resvg-wasm/index_bg.wasm')
    await initWasm(await readFile(wasm))
    return Promise.all(
      ['Inter-Regular.ttf', 'Inter-SemiBold.ttf'].map((name) => readFile(resourcePath('fonts', name))),
    )
  })()
  return renderer
}

/** A picture of one colour. */
export function blankPicture(width: number, height: number, [red, green, blue]: Colour): Picture {
  const pixels = new Uint8Array(width * height * 4)
  for (let i = 0; i < pixels.length; i += 4) {
    pixels[i] = red
    pixels[i + 1] = green
    pixels[i + 2] = blue
    pixels[i + 3] = 255
  }
  return { width, height, pixels }
}

/** Draws an SVG document over an opaque picture of the same size. */
export async function drawSvg(picture: Picture, svg: string): Promise<void> {
  const fontBuffers = await fonts()
  const drawing = new Resvg(svg, { font: { fontBuffers, defaultFontFamily: FONT } })
  const image = drawing.render()
  try {
    if (image.width !== picture.width || image.height !== picture.height) {
      throw new Error(
        `A drawing of ${image.width} × ${image.height} does not fit ${picture.width} × ${picture.height}`,
      )
    }
    composite(picture.pixels, image.pixels)
  } finally {
    image.free()
    drawing.free()
  }
}

/** An SVG document as a PNG file, `scale` pixels to its unit, on white. */
export async function svgToPng(svg: string, scale: number): Promise<Uint8Array> {
  const drawing = new Resvg(svg, {
    font: { fontBuffers: await fonts(), defaultFontFamily: FONT },
    fitTo: { mode: 'zoom', value: scale },
    background: '#fff',
  })
  const image = drawing.render()
  try {
    return image.asPng()
  } finally {
    image.free()
    drawing.free()
  }
}

/** `over` (alpha premultiplied, as the renderer gives it) on the opaque `under`, in place. */
function composite(under: Uint8Array, over: Uint8Array): void {
  for (let i = 0; i < under.length; i += 4) {
    const alpha = over[i + 3]
    if (alpha === 0) continue
    const rest = 1 - alpha / 255
    under[i] = over[i] + Math.round(under[i] * rest)
    under[i + 1] = over[i + 1] + Math.round(under[i + 1] * rest)
    under[i + 2] = over[i + 2] + Math.round(under[i + 2] * rest)
  }
}

/** Copies opaque RGB pixels, [row][column][3], into a picture with their top left at (left, top). */
export function blit(picture: Picture, rgb: Uint8Array, width: number, left: number, top: number): void {
  const height = rgb.length / (3 * width)
  for (let row = 0; row < height; row++) {
    let to = ((top + row) * picture.width + left) * 4
    for (let from = row * width * 3; from < (row + 1) * width * 3; from += 3, to += 4) {
      picture.pixels[to] = rgb[from]
      picture.pixels[to + 1] = rgb[from + 1]
      picture.pixels[to + 2] = rgb[from + 2]
    }
  }
}

/** The picture as a PNG file without alpha channel. */
export function encodePng(picture: Picture): Uint8Array {
  const png = new PNG({ width: picture.width, height: picture.height })
  png.data = Buffer.from(picture.pixels.buffer, picture.pixels.byteOffset, picture.pixels.byteLength)
  // The Paeth filter alone is as small as trying all five, in half the time.
  return PNG.sync.write(png, { colorType: 2, deflateLevel: 6, filterType: 4 })
}
