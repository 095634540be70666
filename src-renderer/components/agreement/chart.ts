import { BarChart, BoxplotChart, CustomChart, ScatterChart } from 'echarts/charts'
import { MarkAreaComponent, MarkLineComponent } from 'echarts/components'
import { use } from 'echarts/core'

use([BarChart, BoxplotChart, CustomChart, ScatterChart, MarkAreaComponent, MarkLineComponent])

/** With the kinds of series that only the figures of an agreement have. */
export { openChart } from '../shell/chart'
