import workerpool from 'workerpool'
import { deconvolveRows } from './deconvolution'
import { findBrain } from './brain'
import { surveyCurves, surveySlice } from './survey'

workerpool.worker({ surveySlice, surveyCurves, findBrain, deconvolveRows })
