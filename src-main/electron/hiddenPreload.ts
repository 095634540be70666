import { ipcRenderer } from 'electron'

// All that the hidden window is given: a port to the engine. It cannot cross the context bridge; a message may carry it.
ipcRenderer.on('umbra:engine-port', (event) => window.postMessage('umbra-engine', '/', event.ports))
