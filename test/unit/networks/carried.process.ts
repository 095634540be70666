import { serveTensorFlow } from '../../../src-main/engine/compute/tensorflow'
import { learnerHandlers, networkHandlers } from '../../../src-main/engine/networks'

/** Computes with networks and reads no files, as the hidden window of the desktop application does. */
serveTensorFlow([...networkHandlers(), ...learnerHandlers()])
