import workerpool from 'workerpool'
import { deconvolveRows } from './deconvolution'
import { growBrain, keepBrain, outlineBrain } from '../masks'
import { surveyCurves, surveySlice } from './survey'

workerpool.worker({ surveySlice, surveyCurves, outlineBrain, keepBrain, growBrain, deconvolveRows })
