export { interpolateContours } from './interpolateContours'
export { isDicom, readStructures } from './read'
export { extendedGrid, MOST_STRUCTURES, onGrid, type StructureMap } from './structureMap'
