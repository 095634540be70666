import { servePortWorker, type ToPortWorker } from './portWorker'

const take = servePortWorker((message, transfer) => self.postMessage(message, { transfer }))
self.onmessage = ({ data }: MessageEvent<ToPortWorker>) => take(data)
