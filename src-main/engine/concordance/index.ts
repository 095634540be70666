export { agree, agreeOn, type Agreement, type ComparedCase } from './agree'
export {
  anyStructure,
  checkedDefinition,
  defaults,
  definitionOfFolders,
  parseLabels,
  raterOf,
  readDefinition,
  usualTitle,
  withReference,
  type AgreementDefinition,
} from './definition'
export { markdownTable, tableOne } from './tables'
export { writeReport } from './write'
