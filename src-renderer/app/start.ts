import { comparisonOf } from '@contract'
import { createPinia } from 'pinia'
import 'primeicons/primeicons.css'
import PrimeVue from 'primevue/config'
import Tooltip from 'primevue/tooltip'
import { createApp } from 'vue'
import App from './App.vue'
import './base.css'
import { catchEverything } from './errorHook'
import { exposeTestProbe } from './testProbe'
import { useReviewStore } from '../stores/review'
import { useReviewViewStore } from '../stores/reviewView'
import { umbraTheme } from './theme'

const app = createApp(App)
app.use(createPinia())
app.use(PrimeVue, {
  theme: umbraTheme,
  ripple: false,
  inputVariant: 'outlined',
  // Dialogs are there at once and gone at once: while one fades out, it would still take the keys.
  pt: { dialog: { transition: { css: false } } },
})
app.directive('tooltip', Tooltip)
catchEverything(app)
exposeTestProbe()
showComparison(window.location.hash)
app.mount('#app')

/** What Review begins with, where the address names it: `#compare=cnn,bennink`. */
function showComparison(hash: string): void {
  const asked = comparisonOf(new URLSearchParams(hash.slice(1)).get('compare') ?? '')
  if (asked === null) return
  useReviewStore().beginWith(asked)
  useReviewViewStore().layout.compare = true
}
