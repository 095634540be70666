import { createPinia } from 'pinia'
import 'primeicons/primeicons.css'
import PrimeVue from 'primevue/config'
import Tooltip from 'primevue/tooltip'
import { createApp } from 'vue'
import App from './App.vue'
import './base.css'
import { catchEverything } from './errorHook'
import { exposeTestProbe } from './testProbe'
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
app.mount('#app')
