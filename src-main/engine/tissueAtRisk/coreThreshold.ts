import { ruleOfMethod, type TissueAtRisk, type TissueAtRiskRule } from '@contract'
import {
  shownFlow,
  USUAL_BRAIN_TRANSIT,
  type IdealTissue,
  type PerfusionMaps,
  type ShownFlow,
} from '../perfusion'

/** Per cent of healthy flow, of its true flow, below which tissue is core. */
const CORE_FLOW = 30
/** s: delays of both kinds of tissue, which fall between the samples anyhow. */
const HEALTHY_DELAYS = [0.5, 0.75, 1, 1.25]
/** s: of tissue that hardly gets blood. */
const LOW_TRANSIT = 9
const LOW_DELAYS = [5, 5.25, 5.5, 6, 6.75, 8]
/** Per cent: beyond these it is not the bolus that makes the difference, but a curve that is no artery's. */
const LIMITS = { lowest: 25, highest: 60 }

/**
 * The usual rule with its threshold of flow for these maps; any other rule as it is. Core is flow below 30 % of healthy
 * tissue's. A truncated deconvolution shows healthy tissue, whose transit is short, with less of its flow than tissue that
 * hardly gets blood, by an amount that the measured artery and the truncation fix; the threshold is 30 % times the ratio of
 * the shares shown. Where no artery is known it is the method's own, see `ruleOfMethod`.
 */
export function usualThreshold(
  maps: PerfusionMaps,
  asked: TissueAtRiskRule,
): { rule: TissueAtRiskRule; coreFlow?: TissueAtRisk['coreFlow'] } {
  const rule = ruleOfMethod(asked, maps.method)
  const shown = rule === asked ? null : shownFlow(maps)
  if (shown === null) return { rule }
  const low = meanShown(shown, LOW_DELAYS, { transit: LOW_TRANSIT, flow: CORE_FLOW / 100 })
  const usual = meanShown(shown, HEALTHY_DELAYS, { transit: USUAL_BRAIN_TRANSIT, flow: 1 })
  if (!(usual > 0 && low > 0)) return { rule }
  const found = (CORE_FLOW * low) / usual
  const below = Math.round(Math.min(Math.max(found, LIMITS.lowest), LIMITS.highest))
  return {
    rule: { ...rule, core: { measure: 'relativeCbf', below } },
    coreFlow: { below: CORE_FLOW, healthyShown: usual, lowShown: low },
  }
}

function meanShown(shown: ShownFlow, delays: readonly number[], tissue: Omit<IdealTissue, 'delay'>): number {
  return delays.reduce((sum, delay) => sum + shown({ ...tissue, delay }), 0) / delays.length
}
