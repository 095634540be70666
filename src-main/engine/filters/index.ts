export { filterSeries } from './filterSeries'
