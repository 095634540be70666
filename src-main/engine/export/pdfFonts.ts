import pdfmake from 'pdfmake'
import { resourcePath } from '../files/resources'

let prepared = false

/** pdfmake with the fonts that come with Umbra as "Inter"; nothing else on disk, and nothing on a network, is opened. */
export function pdfWriter(): typeof pdfmake {
  if (prepared) return pdfmake
  const fonts = ['Inter-Regular.ttf', 'Inter-SemiBold.ttf'].map((name) => resourcePath('fonts', name))
  const [normal, bold] = fonts
  pdfmake.setFonts({ Inter: { normal, bold, italics: normal, bolditalics: bold } })
  pdfmake.setUrlAccessPolicy(() => false)
  pdfmake.setLocalAccessPolicy((path) => fonts.includes(path))
  prepared = true
  return pdfmake
}
