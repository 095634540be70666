import { mapNames, UmbraError, type MapName, type MapsAgreement } from '@contract'
import { compareMaps, type MapPair } from '../agreement'
import { partOfRun, type Run } from '../compute/run'
import { mapDefinitions } from '../perfusion'
import type { MapsSession } from './mapsSession'

interface Compared {
  mapsId: string
  referenceId: string
}

/** The same map of two results of one series, in the mask of both. Throws `different-series`, `maps-gone`. */
export function mapPair(session: MapsSession, { mapsId, referenceId }: Compared, name: MapName): MapPair {
  const [map, reference] = [session.maps(mapsId), session.maps(referenceId)]
  if (session.result(mapsId).seriesKey !== session.result(referenceId).seriesKey) {
    throw new UmbraError({
      code: 'different-series',
      message: 'Maps of two different series cannot be compared voxel by voxel.',
      hint: 'Compute both with the same series open.',
      where: referenceId,
    })
  }
  return {
    map: map.maps[name],
    reference: reference.maps[name],
    mask: map.mask.map((inside, voxel) => inside & reference.mask[voxel]),
    size: map.geometry.size,
  }
}

/** Every map of one result against the same map of another. */
export async function compareResults(
  session: MapsSession,
  compared: Compared,
  run: Run,
): Promise<MapsAgreement> {
  const definitions = mapDefinitions(session.result(compared.mapsId).method)
  const maps: MapsAgreement['maps'] = []
  for (const [index, name] of mapNames.entries()) {
    const part = partOfRun(run, index / mapNames.length, (index + 1) / mapNames.length)
    const agreement = await compareMaps(mapPair(session, compared, name), part)
    maps.push({ name, unit: definitions[name].unit, ...agreement })
  }
  return { maps }
}
