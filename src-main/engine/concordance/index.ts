export { agree } from './agree'
export {
  anyStructure,
  checkedDefinition,
  defaults,
  parseLabels,
  readDefinition,
  type AgreementDefinition,
} from './definition'
export { markdownTable, tableOne } from './tables'
export { writeReport } from './write'
