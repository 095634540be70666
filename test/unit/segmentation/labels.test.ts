import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { usualStructures, type Geometry } from '@contract'
import { cieLab, colourOfCieLab } from '../../../src-main/engine/dicom/write/colour'
import {
  describeDrawnFiles,
  gridRelation,
  labelDescriptionText,
  matchLabels,
  type DrawnFile,
} from '../../../src-main/engine/segmentation'
import { parseLabelDescription } from '../../../src-main/engine/segmentation/labelDescription'
import { writeNifti } from '../../../src-main/engine/volume'
import { temporaryFolder } from '../reading/room'
import { axial } from '../volume/grids'

/** What ITK-SNAP's ColorLabelTable::SaveToFile prints for these labels (field widths of its source). */
const fromItkSnap = [
  '################################################',
  '# ITK-SnAP Label Description File',
  '# File format: ',
  '# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL',
  '# Fields: ',
  '#    IDX:   Zero-based index ',
  '#    -R-:   Red color component (0..255)',
  '#    -G-:   Green color component (0..255)',
  '#    -B-:   Blue color component (0..255)',
  '#    -A-:   Label transparency (0.00 .. 1.00)',
  '#    VIS:   Label visibility (0 or 1)',
  '#    IDX:   Label mesh visibility (0 or 1)',
  '#  LABEL:   Label description ',
  '################################################',
  '    0     0    0    0        0  0  0    "Clear Label"',
  '    1   255    0    0        1  1  1    "Infarct core"',
  '   12     0  255    9        1  1  1    "Penumbra"',
  '',
].join('\n')
const labels = [
  { value: 12, name: 'Penumbra', colour: '#00ff09' },
  { value: 1, name: 'Infarct core', colour: '#ff0000' },
]

describe('label descriptions', () => {
  it('are written character for character as ITK-SNAP writes them', () => {
    expect(labelDescriptionText(labels)).toBe(fromItkSnap)
  })

  it('read back, with Windows line ends, partial opacity and names of many scripts', () => {
    expect(parseLabelDescription(fromItkSnap, '')).toEqual([labels[1], labels[0]])
    const other = '# x\r\n  3   1  2  3   0.5  0  1    "Größe 大"\r\n'
    expect(parseLabelDescription(other, '')).toEqual([{ value: 3, name: 'Größe 大', colour: '#010203' }])
  })

  it('name the line that is none', () => {
    expect(() => parseLabelDescription('# x\n1 2 3\n', 'here')).toThrow(/Line 2 is no label/)
    expect(() => parseLabelDescription('1 300 0 0 1 1 1 "a"', 'here')).toThrow(/Line 1/)
  })

  it('keep a name with a quotation mark on one line', () => {
    const text = labelDescriptionText([{ value: 1, name: 'a "b"\nc', colour: '#000000' }])
    expect(parseLabelDescription(text, '')).toEqual([{ value: 1, name: "a 'b'c", colour: '#000000' }])
  })

  it('that lie beside a labelmap count, those that are given count before them', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'drawn.nii.gz')
    await writeNifti(path, axial, new Uint8Array(8 * 6 * 4).fill(12, 0, 3))
    writeFileSync(join(folder, 'labels.txt'), fromItkSnap)
    expect((await describeDrawnFiles([path]))[0].labels).toEqual([
      { value: 12, name: 'Penumbra', colour: '#00ff09', term: null, voxels: 3 },
    ])
    mkdirSync(join(folder, 'other'))
    const given = join(folder, 'other', 'x.label')
    writeFileSync(given, fromItkSnap.replace('Penumbra', 'Oedema'))
    expect((await describeDrawnFiles([given, path]))[0].labels[0].name).toBe('Oedema')
  })
})

describe('labels as structures', () => {
  const file = (path: string, ...own: [number, string | null][]): DrawnFile => ({
    ...{ path, kind: 'nifti', geometry: axial },
    labels: own.map(([value, name]) => ({ value, name, colour: null, term: null, voxels: 1 })),
  })
  const matched = (...files: DrawnFile[]): string[] =>
    matchLabels(files, usualStructures).map(
      ({ structure, match, unclear }) => `${structure} ${match}${unclear ? ' ?' : ''}`,
    )

  it.each([
    ['numbers without names', file('a.nii', [1, null], [2, 'Label 2']), ['core number', 'penumbra number']],
    ['names before numbers', file('a.nii', [1, 'PENUMBRA'], [2, 'core']), ['penumbra name', 'core name']],
    ['other names', file('a.nii', [1, 'Oedema'], [9, null]), ['core number ?', 'null null ?']],
    ['the name of a file with one label', file('a_penumbra.nii.gz', [1, null]), ['penumbra file']],
    ['a description that says otherwise', file('a_penumbra.nii', [1, 'Core']), ['core name ?']],
    ['a word that only holds the name', file('scores.nii', [2, null]), ['penumbra number']],
  ])('%s', (_, drawn, expected) => {
    expect(matched(drawn)).toEqual(expected)
  })

  it('a segment is known by its coded term, whatever it is called', () => {
    const [{ term }] = usualStructures
    const drawn: DrawnFile = {
      ...{ path: 'a.dcm', kind: 'seg', geometry: axial },
      labels: [{ value: 2, name: 'Läsion', colour: null, term, voxels: 1 }],
    }
    expect(matched(drawn)).toEqual(['core code'])
  })
})

describe('grids', () => {
  const [x, y, z] = axial.direction
  it.each<[string, Partial<Geometry>, string]>([
    ['itself', {}, 'same'],
    ['a part of it', { size: [8, 6, 2], origin: [-120, -130, 45] }, 'reordered'],
    ['upside down', { origin: [-120, -130, 55], direction: [x, y, [-z[0], -z[1], -z[2]]] }, 'reordered'],
    [
      'with its axes exchanged',
      { size: [6, 8, 4], spacing: [0.5, 0.45, 5], direction: [y, x, z] },
      'reordered',
    ],
    ['half a voxel beside', { origin: [-119.775, -130, 40] }, 'other'],
    ['coarser', { size: [4, 6, 4], spacing: [0.9, 0.5, 5] }, 'other'],
    ['every second slice', { size: [8, 6, 2], spacing: [0.45, 0.5, 10] }, 'other'],
  ])('%s', (_, change, relation) => {
    expect(gridRelation({ ...axial, ...change }, axial)).toBe(relation)
  })
})

describe('colours', () => {
  // highdicom 0.28, CIELabColor.from_string(…).value
  it.each<[string, [number, number, number]]>([
    ['#e5484d', [35287, 48472, 41177]],
    ['#3dd68c', [50243, 18415, 39419]],
    ['#ffffff', [65535, 32897, 32893]],
    ['#000000', [0, 32896, 32896]],
  ])('%s is CIELab as highdicom has it, and comes back', (colour, expected) => {
    cieLab(colour).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(8))
    expect(colourOfCieLab(cieLab(colour))).toBe(colour)
  })
})
