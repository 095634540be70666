import { colourMapNamed, colourTable, defaultDisplays, type TrainingExample } from '@contract'

/** One image of an example with how it is shown. */
export interface ExampleImage {
  key: string
  title: string
  unit: string
  lower: number
  upper: number
  colourMap: string
  values: Float32Array
}

/** The images from left to right: the baseline, then of each map truth, prediction and difference (prediction − truth). */
export function exampleImages({ maps }: TrainingExample, frames: readonly Float32Array[]): ExampleImage[] {
  const baseline = { key: 'baseline', title: 'Baseline', unit: 'HU', lower: 0, upper: 80, colourMap: 'grey' }
  return [
    { ...baseline, values: frames[0] },
    ...maps.flatMap(({ name, label, unit }, index) => {
      const [truth, predicted] = [frames[1 + 2 * index], frames[2 + 2 * index]]
      const { upper, ...display } = defaultDisplays[name]
      const shown = { unit, upper, ...display }
      const limit = upper / 2
      const around = { unit, lower: -limit, upper: limit, colourMap: 'difference' }
      return [
        { key: `${name}-truth`, title: `${label}, truth`, ...shown, values: truth },
        { key: `${name}-predicted`, title: `${label}, predicted`, ...shown, values: predicted },
        {
          key: `${name}-difference`,
          title: `${label}, difference`,
          ...around,
          values: predicted.map((value, i) => value - truth[i]),
        },
      ]
    }),
  ]
}

/** An image in its colours; transparent where it is not known. */
export function colouredImage(
  { values, lower, upper, colourMap }: ExampleImage,
  width: number,
  height: number,
): ImageData {
  const table = colourTable(colourMapNamed(colourMap))
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    if (Number.isNaN(values[i])) continue
    const share = Math.min(1, Math.max(0, (values[i] - lower) / (upper - lower)))
    const step = 3 * Math.round(255 * share)
    image.data[4 * i] = table[step]
    image.data[4 * i + 1] = table[step + 1]
    image.data[4 * i + 2] = table[step + 2]
    image.data[4 * i + 3] = 255
  }
  return image
}
