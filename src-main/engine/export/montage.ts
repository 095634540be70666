import { colourMapNamed, mapNames, type MapName } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import { mapDefinitions, type MapDefinition, type PerfusionMaps } from '../perfusion'
import { voxelToWorld, type VolumeSeries } from '../volume'
import { evenly } from './evenly'
import { verticalLegend } from './legend'
import { edgeLetters } from './orientation'
import { blankPicture, blit, drawSvg, encodePng, type Picture } from './raster'
import { ink, label, rule, shortened, svgDocument } from './svg'
import { mapTile, maskCrop, type Crop } from './tile'
import { methodNames, NOT_FOR_DIAGNOSIS } from './words'

/** More slices than this are thinned out evenly: a picture that fits a screen says more than one that does not. */
const MOST_COLUMNS = 16
const HEAD = 118
const NAMES = 132
const LEGENDS = 74
const MARGIN = 28
const GAP = 6

interface Layout {
  slices: number[]
  /** Maps beside each other: several where a series has few slices. */
  mapsPerRow: number
  mapWidth: number
  crop: Crop
  tileWidth: number
  tileHeight: number
  width: number
  height: number
}

/**
 * All maps of a result as one PNG: a row per map with its name, unit and colour bar, a column per slice with number and
 * position, orientation letters, method, date and the research-use label. Slices are shown as they are stored.
 */
export async function montagePng(
  series: VolumeSeries,
  result: PerfusionMaps,
  created: Date,
  run: Run,
): Promise<Uint8Array> {
  const layout = layOut(result)
  const definitions = mapDefinitions(result.method)
  const picture = blankPicture(layout.width, layout.height, ink.page)
  mapNames.forEach((name, map) => {
    stopIfCancelled(run)
    drawMap(picture, layout, result, name, definitions[name], map)
  })
  const drawing = [
    ...heading(series, result, layout, created),
    ...columnLabels(result, layout),
    ...mapNames.flatMap((name, map) => mapLabels(definitions[name], layout, result, name, map)),
  ]
  await drawSvg(picture, svgDocument(layout.width, layout.height, drawing))
  return encodePng(picture)
}

function layOut(result: PerfusionMaps): Layout {
  const { geometry } = result
  const slices = evenly(geometry.size[2], MOST_COLUMNS)
  const crop = maskCrop(result.mask, geometry)
  const size = Math.min(240, Math.max(132, Math.floor(2000 / slices.length)))
  const widthMm = crop.width * geometry.spacing[0]
  const heightMm = crop.height * geometry.spacing[1]
  const pixelsPerMm = size / Math.max(widthMm, heightMm)
  const tileWidth = Math.max(1, Math.round(widthMm * pixelsPerMm))
  const tileHeight = Math.max(1, Math.round(heightMm * pixelsPerMm))
  const mapWidth = NAMES + slices.length * (tileWidth + GAP) + LEGENDS
  const mapsPerRow = slices.length <= 2 ? 3 : slices.length <= 5 ? 2 : 1
  return {
    slices,
    mapsPerRow,
    mapWidth,
    crop,
    tileWidth,
    tileHeight,
    width: Math.max(900, MARGIN * 2 + mapsPerRow * mapWidth),
    height: HEAD + (mapNames.length / mapsPerRow) * (tileHeight + GAP) + MARGIN,
  }
}

/** Top left of a map's tile of a column. */
function tileCorner(layout: Layout, map: number, column: number): { left: number; top: number } {
  const across = map % layout.mapsPerRow
  const down = Math.floor(map / layout.mapsPerRow)
  return {
    left: MARGIN + across * layout.mapWidth + NAMES + column * (layout.tileWidth + GAP),
    top: HEAD + down * (layout.tileHeight + GAP),
  }
}

function drawMap(
  picture: Picture,
  layout: Layout,
  result: PerfusionMaps,
  name: MapName,
  definition: MapDefinition,
  map: number,
): void {
  const [nx, ny] = result.geometry.size
  const display = { ...definition.display, colours: colourMapNamed(definition.display.colourMap) }
  layout.slices.forEach((slice, column) => {
    const [from, to] = [slice * nx * ny, (slice + 1) * nx * ny]
    const tile = mapTile(
      result.maps[name].subarray(from, to),
      result.mask.subarray(from, to),
      nx,
      layout.crop,
      display,
      layout.tileWidth,
      layout.tileHeight,
    )
    const { left, top } = tileCorner(layout, map, column)
    blit(picture, tile, layout.tileWidth, left, top)
  })
}

function heading(series: VolumeSeries, result: PerfusionMaps, layout: Layout, created: Date): string[] {
  const { width } = layout
  const total = result.geometry.size[2]
  const shown = layout.slices.length < total ? ` · ${layout.slices.length} of ${total} slices` : ''
  const description = shortened(series.description || 'Perfusion series', 60)
  const parts = [
    label(MARGIN, 42, 'Perfusion maps', { size: 22, bold: true, fill: ink.strong }),
    label(MARGIN, 64, `${description} · ${methodNames[result.method]}${shown}`, { size: 13 }),
    label(width - MARGIN, 42, NOT_FOR_DIAGNOSIS, { size: 13, bold: true, fill: ink.warning, anchor: 'end' }),
    label(width - MARGIN, 64, `Umbra ${__UMBRA_VERSION__} · ${created.toISOString().slice(0, 10)}`, {
      size: 12,
      fill: ink.faint,
      anchor: 'end',
    }),
    rule(MARGIN, 78, width - MARGIN, 78),
  ]
  if (result.warnings.length > 0) {
    const [first] = result.warnings
    const more = result.warnings.length > 1 ? ` (and ${result.warnings.length - 1} more in summary.json)` : ''
    const room = Math.floor((width - 2 * MARGIN) / 7)
    parts.push(
      label(MARGIN, layout.height - 10, shortened(`Warning: ${first.message}${more}`, room), {
        size: 12,
        fill: ink.warning,
      }),
    )
  }
  return parts
}

function columnLabels(result: PerfusionMaps, layout: Layout): string[] {
  const [nx, ny] = result.geometry.size
  const parts: string[] = []
  for (let map = 0; map < layout.mapsPerRow; map++) {
    layout.slices.forEach((slice, column) => {
      const centre = voxelToWorld(result.geometry, [(nx - 1) / 2, (ny - 1) / 2, slice])
      const { left, top } = tileCorner(layout, map, column)
      const position = `${slice + 1} · z ${centre[2].toFixed(1).replace('-', '−')} mm`
      parts.push(
        label(left + layout.tileWidth / 2, top - 12, position, {
          size: 11,
          fill: ink.faint,
          anchor: 'middle',
        }),
      )
    })
  }
  return parts
}

function mapLabels(
  definition: MapDefinition,
  layout: Layout,
  result: PerfusionMaps,
  name: MapName,
  map: number,
): string[] {
  const { tileWidth, tileHeight } = layout
  const { left: first, top } = tileCorner(layout, map, 0)
  const [title, qualifier] = definition.label.split(/\s*\((.*)\)/)
  const { display } = definition
  const parts = [
    label(first - NAMES, top + 24, title, { size: 20, bold: true, fill: ink.strong }),
    label(first - NAMES, top + 43, definition.unit, { size: 12 }),
    qualifier ? label(first - NAMES, top + 60, qualifier, { size: 11, fill: ink.faint }) : '',
    verticalLegend(`legend-${name}`, colourMapNamed(display.colourMap), display, {
      x: tileCorner(layout, map, layout.slices.length).left + 4,
      y: top + 8,
      width: 14,
      height: tileHeight - 16,
    }),
  ]
  const edges = edgeLetters(result.geometry)
  const style = { size: 10, fill: ink.faint }
  layout.slices.forEach((_, column) => {
    const { left } = tileCorner(layout, map, column)
    parts.push(
      label(left + 4, top + tileHeight / 2 + 4, edges.left, style),
      label(left + tileWidth - 4, top + tileHeight / 2 + 4, edges.right, { ...style, anchor: 'end' }),
      label(left + tileWidth / 2, top + 12, edges.top, { ...style, anchor: 'middle' }),
    )
  })
  return parts
}
