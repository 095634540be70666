import { colourMapNamed } from '@contract'

/** A colour map as a CSS gradient, low values at the bottom; exact, because both are linear between the same points. */
export function colourGradient(name: string): string {
  const stops = colourMapNamed(name).points.map(
    ([position, red, green, blue]) => `rgb(${red} ${green} ${blue}) ${(position * 100).toFixed(3)}%`,
  )
  return `linear-gradient(to top, ${stops.join(', ')})`
}
