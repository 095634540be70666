import type { MapsMethod } from '@contract'
import { useReviewStore } from '../../stores/review'
import { useReviewViewStore } from '../../stores/reviewView'

/** The methods whose maps are on the screen: what a change of settings must compute anew. */
export function shownMethods(): MapsMethod[] {
  const review = useReviewStore()
  return useReviewViewStore().layout.compare ? [review.method, review.otherMethod] : [review.method]
}
