import { serveBesideWindow } from '../compute/tensorflow'
import { carriedLearner } from '../networks'
import { handleTraining } from './trainJob'

/** The program of the process that trains where a hidden window computes: data and run folder here, the steps there. */
serveBesideWindow([handleTraining(({ window }) => carriedLearner(window))])
