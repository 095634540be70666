import { handleJob, serveTensorFlow, type TensorFlowRuntime } from '../compute/tensorflow'
import { localLearner } from '../networks'
import { isOnnxFile } from '../onnx'
import { handleTraining } from '../training'
import { handleExport } from './exportJob'
import { openFolderModel, openOnnxModel, type OpenModel } from './openModel'
import { predictJob } from './predictJob'

let loaded: { key: string; opened: OpenModel } | null = null

/** The program of the process that trains and predicts. */
serveTensorFlow([
  handleTraining(({ tf }: TensorFlowRuntime) => localLearner(tf)),
  handleExport,
  handleJob(predictJob, async ({ tf }, { model, weightsSha256, input, rows, columns }) => {
    const key = `${model} ${weightsSha256}`
    if (loaded?.key !== key) {
      await loaded?.opened.close()
      loaded = null
      const opened = await (isOnnxFile(model) ? openOnnxModel(model) : openFolderModel(model, tf))
      loaded = { key, opened }
    }
    return { maps: await loaded.opened.infer(input, rows, columns) }
  }),
])
