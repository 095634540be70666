import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { onBeforeUnmount, onMounted, shallowRef, watch, type Ref, type ShallowRef } from 'vue'

interface ChartLibrary {
  openChart: (element: HTMLElement) => EChartsType
}

interface ChartSettings {
  /** A library with more kinds of series than lines. */
  load?: () => Promise<ChartLibrary>
  /** Told when the axes may lie elsewhere: after another option, another size. */
  onMoved?: () => void
}

/**
 * A chart in an element: it is opened once the library is there, follows the option (null: nothing is drawn) and the
 * size of the element, and goes with the component.
 */
export function useChart(
  host: Ref<HTMLElement | null>,
  option: () => EChartsCoreOption | null,
  { load = () => import('./chart'), onMoved }: ChartSettings = {},
): Readonly<ShallowRef<EChartsType | null>> {
  const chart = shallowRef<EChartsType | null>(null)
  const observer = new ResizeObserver(() => {
    chart.value?.resize()
    onMoved?.()
  })
  let gone = false

  watch([option, chart], ([shown]) => {
    if (shown === null) chart.value?.clear()
    else chart.value?.setOption(shown, { notMerge: true })
    onMoved?.()
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
