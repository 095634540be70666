import workerpool from 'workerpool'
import { deconvolveRows } from './deconvolution'
import { growBrain, keepBrain, outlineBrain } from './brain'
import { surveyCurves, surveySlice } from './survey'

workerpool.worker({ surveySlice, surveyCurves, outlineBrain, keepBrain, growBrain, deconvolveRows })
