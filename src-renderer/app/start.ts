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
import { useStudyStore } from '../stores/study'
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
beginWith(new URLSearchParams(window.location.hash.slice(1)))
app.mount('#app')

/** What Review begins with, where the address names it: `#compare=cnn,bennink`, and with `run=1` a run of the study. */
function beginWith(address: URLSearchParams): void {
  if (address.get('run') === '1') useStudyStore().runFirst()
  const asked = comparisonOf(address.get('compare') ?? '')
  if (asked === null) return
  useReviewStore().beginWith(asked)
  useReviewViewStore().layout.compare = true
}
