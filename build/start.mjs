// `npm start [-- STUDY…]`: the workstation, in Electron's window where there is one, else served to a browser.
import { ensureBuilt, openWorkstation, splitArguments } from './workstation.mjs'

ensureBuilt()
const { paths, flags } = splitArguments(process.argv.slice(2))
process.exit(await openWorkstation(paths, flags))
