import { definePreset, palette } from '@primeuix/themes'
import Aura from '@primeuix/themes/aura'
import { withoutColourMix } from './colourMix'

/** Neutral greys, without a cast: anatomy is judged against them. */
const grey = {
  0: '#ffffff',
  50: '#f2f3f4',
  100: '#dfe1e4',
  200: '#c3c7cc',
  300: '#a4a9b0',
  400: '#80868f',
  500: '#616770',
  600: '#484d55',
  700: '#363a41',
  800: '#272a2f',
  900: '#1b1d21',
  950: '#121316',
}

const focusRing = { width: '2px', style: 'solid', color: '{primary.300}', offset: '1px', shadow: 'none' }

const accent = palette('#7fa6c9') as Record<string, string>

function colourOf(token: string): string | undefined {
  const [hue, shade] = token.split('.')
  if (token === 'primary.color') return accent['400']
  if (token === 'content.background') return grey['900']
  const shades: Record<string, Record<string, string>> = { ...Aura.primitive, primary: accent, surface: grey }
  return shades[hue]?.[shade]
}

/**
 * Aura made dense and dark. One restrained accent, because colour belongs to the maps; small paddings, because a
 * reading room has little space to give away; a focus ring on everything, because the keyboard comes first.
 */
const Umbra = definePreset(withoutColourMix(Aura, colourOf), {
  primitive: { borderRadius: { none: '0', xs: '2px', sm: '3px', md: '4px', lg: '6px', xl: '8px' } },
  semantic: {
    primary: accent,
    transitionDuration: '0.12s',
    focusRing,
    formField: { paddingX: '0.6rem', paddingY: '0.3rem', borderRadius: '{border.radius.md}', focusRing },
    list: { padding: '0.2rem', option: { padding: '0.3rem 0.6rem' } },
    overlay: { modal: { borderRadius: '{border.radius.lg}', padding: '1rem' } },
    colorScheme: {
      dark: {
        surface: grey,
        primary: {
          color: '{primary.400}',
          contrastColor: '{surface.950}',
          hoverColor: '{primary.300}',
          activeColor: '{primary.200}',
        },
        mask: { background: 'rgb(0 0 0 / 50%)' },
        highlight: {
          background: 'rgb(151 183 211 / 20%)',
          focusBackground: 'rgb(151 183 211 / 30%)',
          color: '{surface.0}',
          focusColor: '{surface.0}',
        },
        content: {
          background: '{surface.900}',
          borderColor: '{surface.700}',
          hoverBackground: '{surface.800}',
        },
        formField: { background: '{surface.950}', borderColor: '{surface.600}' },
        text: { color: '{surface.100}', mutedColor: '{surface.300}' },
      },
    },
  },
  components: {
    button: {
      root: { paddingX: '0.7rem', paddingY: '0.3rem', gap: '0.4rem', label: { fontWeight: '500' } },
      // Legible also on the ground it has under the mouse.
      colorScheme: { dark: { text: { secondary: { color: '{surface.300}' } } } },
    },
    progressbar: { root: { height: '0.4rem', background: '{surface.700}' } },
    dialog: { header: { padding: '0.7rem 1rem' }, title: { fontSize: '1.1rem' } },
  },
})

export const umbraTheme = {
  preset: Umbra,
  options: { darkModeSelector: '.umbra-dark', cssLayer: { name: 'primevue', order: 'primevue' } },
}
