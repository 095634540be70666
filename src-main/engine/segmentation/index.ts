export { isDicom, readStructures, segmentationUids } from './read'
export { MOST_STRUCTURES, onGrid, type StructureMap } from './structureMap'
