import { decodeFrame } from '../../engine/dicom'
import type { Check } from './check'

const SIDE = 32

const JPEG_LS = '1.2.840.10008.1.2.4.80'
/** The picture 40 x − 24 y, compressed without loss by the reference encoder (this codec prints nothing meanwhile). */
const picture =
  '/9j/9wALEAAgACABAREA//gADQH//wASAEMBFABA/9oACAEBAAAAAKJ8T4nxNkuSaPE+JslyTR6LQ6DP57d3Nva2djX1tXU09LR0' +
  'ML4oQAgCAIBAIBAICAgICAgICAgQIECBAgQIECBAgQIAQwhfE6BAgggggggggggggggggggggggggggCF8AIWwQQQQQQhCEIQhCE' +
  'IQhCEIQhCEAQtgCK5MhCEIQhCEIiIiIiIiIiIiARXEARTERERERERESSSSSSSARTIBL5KkkkkkkkkkqqqASeoBJaRVVVVVVVeASX' +
  'wCR//3/8BI/AJDRv/3/8BIfgI/9//3wEf+Ar6J//f/ATv4CboX//f4Cb/gJn/3/8BM/wE/QP/3/gJf9gJX//f4CV/wCvn3//fgSf' +
  '/ASOF/9/wJP/YEf/f/wJH/wJ+6//fwJH/0CN/3/wI/98CvuP/34Ef/9Aj8L/f8Cb/3gSf/9wJv9+BftP/3gTf/8BH/9+BN//YG+y' +
  '/38CX/94E/C//wEv/34EX/9gS/9/gX7L/3Al/3/gQ/98CT//eBvrP/wA/9k='

/** Whether the picture comes out of the WebAssembly decoder as it went in, voxel for voxel. */
async function survives(): Promise<boolean> {
  const shape = { rows: SIDE, columns: SIDE, bitsAllocated: 16, bitsStored: 16 }
  const { bytes } = await decodeFrame(new Uint8Array(Buffer.from(picture, 'base64')), shape, JPEG_LS)
  const samples = new Int16Array(bytes.slice().buffer)
  const expected = (index: number): number => 40 * (index % SIDE) - 24 * Math.floor(index / SIDE)
  return samples.length === SIDE * SIDE && samples.every((sample, index) => sample === expected(index))
}

/** The image codecs, tried on a picture. */
export async function codecCheck(): Promise<Check> {
  const works = await survives().catch(() => false)
  return {
    id: 'codecs',
    name: 'Image codecs',
    state: works ? 'ok' : 'missing',
    required: true,
    detail: works ? 'a JPEG-LS picture came back voxel for voxel' : 'a JPEG-LS picture could not be read',
    remedy: works ? null : 'Install Umbra again (`npm ci`).',
  }
}
