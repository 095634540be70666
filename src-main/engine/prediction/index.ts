export { localPredictor, type LocalPredictor } from './localPredictor'
export { DEFAULT_MODEL, listModels, modelFolder } from './modelFolder'
export { predictMaps, type Predictor } from './predictMaps'
export { openRemotePredictor, type RemotePredictor } from './remotePredictor'
