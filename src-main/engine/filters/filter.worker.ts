import workerpool from 'workerpool'
import { filterFrame } from './filterFrame'
import { filterRows } from './profileGuided'
import { surveySlice } from './survey'

workerpool.worker({ surveySlice, filterFrame, filterRows })
