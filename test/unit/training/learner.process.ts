import { serveTensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { learnerHandlers } from '../../../src-main/engine/networks'

/** Does the steps of a training and nothing else, as the hidden window of the desktop application does. */
serveTensorFlow(learnerHandlers())
