import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { onBeforeUnmount, onMounted, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

interface ChartLibrary {
  openChart: (element: HTMLElement) => EChartsType
}

/**
 * A chart in an element: it is opened once the library is there, follows the option (null: nothing is drawn) and the
 * size of the element, and goes with the component. `load`: a library with more kinds of series than lines.
 */
export function useChart(
  host: Ref<HTMLElement | null>,
  option: () => EChartsCoreOption | null,
  load: () => Promise<ChartLibrary> = () => import('./chart'),
): Readonly<ShallowRef<EChartsType | null>> {
  const chart = shallowRef<EChartsType | null>(null)
  const observer = new ResizeObserver(() => chart.value?.resize())
  let gone = false

  watch([option, chart], ([shown]) => {
    if (shown === null) chart.value?.clear()
    else chart.value?.setOption(shown, { notMerge: true })
  })
  onMounted(async () => {
    const { openChart } = await load()
    if (gone || host.value === null) return
    chart.value = openChart(host.value)
    observer.observe(host.value)
  })
  onBeforeUnmount(() => {
    gone = true
    observer.disconnect()
    chart.value?.dispose()
    chart.value = null
  })
  return chart
}
