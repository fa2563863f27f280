import type { ObjectiveReport } from '../trainingReport';
import type { RatingReportParams } from './ratingFit';

/**
 * The held-out figure of an objective, and on the same rows those that it has to beat: the response's length and its
 * words alone.
 */
export function reportRating(params: RatingReportParams): ObjectiveReport {
  throw new Error(`not yet: ${params.objective.name}`);
}
