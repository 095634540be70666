export { descriptionPlaces } from './description'
export { onnxModel } from './exportModel'
export { examineOnnxModel, isOnnxFile, readOnnxModel, type OnnxModel } from './readModel'
export { openOnnxSession, type OnnxSession } from './session'
