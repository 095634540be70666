import { parseDicom } from 'dicom-parser'
import { describe, expect, it } from 'vitest'
import { decimalString, encodePart10, newUid, text } from '../../../src-main/engine/dicom/write'

describe('DICOM files', () => {
  it('UIDs are 2.25 and a number without leading zero, at most 64 characters, never the same', () => {
    const uids = Array.from({ length: 500 }, newUid)
    expect(new Set(uids).size).toBe(500)
    for (const uid of uids) {
      expect(uid).toMatch(/^2\.25\.[1-9]\d*$/)
      expect(uid.length).toBeLessThanOrEqual(64)
    }
  })

  it.each([
    [0.1, 1e-15],
    [1 / 3, 1e-13],
    [-1 / 3, 1e-13],
    [-123456.78901234567, 1e-13],
    [1.2345678901234567e-12, 1e-9],
    [-9.87654321098765e21, 1e-9],
    [512, 0],
  ])('%s fits 16 characters and keeps its value', (value, tolerance) => {
    const written = decimalString(value)
    expect(written.length).toBeLessThanOrEqual(16)
    expect(Math.abs(Number(written) - value)).toBeLessThanOrEqual(Math.abs(value) * tolerance)
  })

  it('text cannot part itself into several values or carry control characters', () => {
    expect(text('a\\b\u0000c\r\n\u001b$B')).toBe('a/b c   $B')
    expect(text('x'.repeat(100))).toHaveLength(64)
  })

  it('writes preamble, meta header and data set so that another parser reads them back', () => {
    const pixels = new Float32Array([0, 1.5, -3.25, 7e-12])
    const instance = newUid()
    const bytes = encodePart10({
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.30',
      SOPInstanceUID: instance,
      PatientName: 'Müller^Zoë',
      Rows: 2,
      Columns: 2,
      ReferencedSeriesSequence: [{ SeriesInstanceUID: '1.2.3' }, { SeriesInstanceUID: '1.2.4' }],
      FloatPixelData: pixels.buffer,
    })
    expect(Buffer.from(bytes.subarray(128, 132)).toString()).toBe('DICM')
    const read = parseDicom(bytes)
    expect(read.string('x00020003')).toBe(instance)
    expect(read.string('x00020010')).toBe('1.2.840.10008.1.2.1')
    expect(read.string('x00080005')).toBe('ISO_IR 192')
    const name = read.elements.x00100010
    expect(
      Buffer.from(bytes.subarray(name.dataOffset, name.dataOffset + name.length))
        .toString()
        .trim(),
    ).toBe('Müller^Zoë')
    expect(read.elements.x00081115.items?.map((item) => item.dataSet?.string('x0020000e'))).toEqual([
      '1.2.3',
      '1.2.4',
    ])
    const element = read.elements.x7fe00008
    expect(element.vr).toBe('OF')
    const stored = bytes.slice(element.dataOffset, element.dataOffset + element.length)
    expect(new Float32Array(stored.buffer)).toEqual(pixels)
  })

  it('refuses a keyword that DICOM does not have', () => {
    expect(() => encodePart10({ SOPClassUID: '1.2', SOPInstanceUID: '1.3', PatientNmae: 'x' })).toThrow(
      /PatientNmae/,
    )
  })
})
