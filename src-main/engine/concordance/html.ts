import { escapeXml as escape } from '../export'
import type { ReportDocument } from './document'
import type { Table } from './tables'

const style = `
@page { size: A4; margin: 16mm 14mm 18mm }
body { font: 10.5pt/1.45 Inter, system-ui, "Segoe UI", Roboto, sans-serif; color: #1d2430; max-width: 182mm; margin: 8mm auto; padding: 0 4mm }
h1 { font-size: 18pt; margin: 0 }
h2 { font-size: 12.5pt; margin: 9mm 0 2mm; border-bottom: 1px solid #d9dde3 }
.subtitle { color: #6b7482; margin: 1mm 0 4mm }
.notice { border: 1px solid #c98b00; background: #fff7e0; padding: 2mm 3mm; font-weight: 600 }
table { border-collapse: collapse; width: 100%; font-size: 8pt; font-variant-numeric: tabular-nums; margin: 0 0 6mm; page-break-inside: auto }
caption { caption-side: top; text-align: left; font-size: 9pt; padding: 2mm 0 1mm; break-after: avoid }
th, td { padding: 0.8mm 1.4mm; text-align: left; border-bottom: 1px solid #e6e9ed; vertical-align: top }
thead th { border-bottom: 1.5px solid #1d2430; border-top: 1.5px solid #1d2430; font-weight: 600 }
tr { break-inside: avoid }
.names-1 td:nth-child(n + 2), .names-2 td:nth-child(n + 3), .names-3 td:nth-child(n + 4) { white-space: nowrap }
figure { margin: 0 0 7mm; break-inside: avoid }
figure svg { width: 100%; height: auto }
figcaption { font-size: 9pt }
footer { color: #6b7482; font-size: 8.5pt; margin-top: 8mm }
@media print { body { margin: 0; max-width: none; padding: 0 } }
`

/** The report as one HTML file that needs nothing else, laid out for A4 when printed. */
export function reportHtml(document: ReportDocument): string {
  const { title, subtitle, notice, methods, tables, figures, notes } = document
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escape(title)}</h1>
<p class="subtitle">${escape(subtitle)}</p>
<p class="notice">${escape(notice)}.</p>
<h2>Methods</h2>
${methods.map((paragraph) => `<p>${escape(paragraph)}</p>`).join('\n')}
<h2>Results</h2>
${tables.map(tableHtml).join('\n')}
${figures
  .map(({ svg, caption }) => `<figure>${svg}<figcaption>${escape(caption)}</figcaption></figure>`)
  .join('\n')}
${notes.length > 0 ? `<h2>Notes</h2>\n<ul>${notes.map((note) => `<li>${escape(note)}</li>`).join('')}</ul>` : ''}
<footer>${escape(subtitle)} · ${escape(notice)}</footer>
</body>
</html>
`
}

function tableHtml({ caption, head, names, rows }: Table): string {
  const header = head.map((cell) => `<th scope="col">${escape(cell)}</th>`).join('')
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`)
    .join('\n')
  return `<table class="names-${names}"><caption>${escape(caption)}</caption><thead><tr>${header}</tr></thead><tbody>
${body}
</tbody></table>`
}
