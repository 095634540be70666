export { onnxModel } from './exportModel'
export { isOnnxFile, readOnnxModel, type OnnxModel } from './readModel'
export { openOnnxSession, type OnnxSession } from './session'
