import type { MapName } from '@contract'
import type { CodedConcept } from '../dicom/write'

/** What each map measures, as DICOM codes it: PS3.16 CID 4108 and 4109, perfusion model parameters. */
export const quantities: Record<MapName, CodedConcept> = {
  cbf: { value: '126390', scheme: 'DCM', meaning: 'Absolute Regional Blood Flow' },
  cbv: { value: '126391', scheme: 'DCM', meaning: 'Absolute Regional Blood Volume' },
  mtt: { value: '113052', scheme: 'DCM', meaning: 'Mean Transit Time' },
  ttp: { value: '113069', scheme: 'DCM', meaning: 'Time To Peak' },
  tmax: { value: '113084', scheme: 'DCM', meaning: 'Tmax' },
  delay: { value: '126371', scheme: 'DCM', meaning: 'Bolus Arrival Time' },
}
