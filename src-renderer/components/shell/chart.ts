import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer])

/** A chart in an element; loaded on demand, because it is a third of the room's code. */
export const openChart = (element: HTMLElement): EChartsType =>
  init(element, undefined, { renderer: 'canvas' })
