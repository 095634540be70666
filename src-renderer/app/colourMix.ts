type Tokens = { [name: string]: Tokens | unknown }

const mix = /color-mix\(in srgb,\s*\{([\w.]+)\},\s*transparent (\d+)%\)/g

/**
 * Design tokens in which every `color-mix(in srgb, {token}, transparent N%)` is the colour itself with that opacity:
 * Chromium knows color-mix only since 111. `resolve` gives a token's colour as #rrggbb; what it does not know stays.
 */
export function withoutColourMix<T>(tokens: T, resolve: (token: string) => string | undefined): T {
  if (typeof tokens === 'string') {
    return tokens.replace(mix, (whole, token: string, percent: string) => {
      const colour = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(resolve(token) ?? '')
      if (!colour) return whole
      const [red, green, blue] = colour.slice(1).map((hex) => Number.parseInt(hex, 16))
      return `rgb(${red} ${green} ${blue} / ${100 - Number(percent)}%)`
    }) as T
  }
  if (typeof tokens !== 'object' || tokens === null) return tokens
  return Object.fromEntries(
    Object.entries(tokens as Tokens).map(([name, value]) => [name, withoutColourMix(value, resolve)]),
  ) as T
}
