export { compareMaps, jointHistogram, type MapPair } from './mapAgreement'
