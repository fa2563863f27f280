import type { JobContext } from '../../core/jobContext';
import type { FeatureMatrix } from '../../core/training/featureMatrix';
import type { RatedObjective, RatingFit } from '../../core/training/ratings/ratingFit';
import type { RatingsRecipe } from '../../core/training/recipe/headRecipe';

export interface FitRatingsParams {
  readonly features: FeatureMatrix;
  readonly objectives: readonly RatedObjective[];
  readonly ratings: RatingsRecipe;
  readonly seed: number;
}

/** Fits in the order of the objectives. @throws AlidadeError `row` for labels that nothing can be learnt from. */
export function fitRatings(params: FitRatingsParams, context: JobContext): Promise<readonly RatingFit[]> {
  context.signal.throwIfAborted();
  throw new Error(`not yet: ${params.objectives.length}`);
}
