import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JobContext } from '../../core/jobContext';
import type { FeatureMatrix } from '../../core/training/featureMatrix';
import type { MatrixProducts } from '../../core/training/linear/matrixProducts';
import { checkRatedObjective } from '../../core/training/ratings/checkRatedObjective';
import { fitRatingProblem } from '../../core/training/ratings/fitRatingProblem';
import type { RatedObjective, RatingFit } from '../../core/training/ratings/ratingFit';
import { splitRatings } from '../../core/training/ratings/ratingSplit';
import type { RatingsRecipe } from '../../core/training/recipe/headRecipe';
import { openMatrixProducts } from './matrixProducts';

export interface FitRatingsParams {
  readonly features: FeatureMatrix;
  readonly objectives: readonly RatedObjective[];
  readonly ratings: RatingsRecipe;
  readonly seed: number;
  /** Threads of ONNX Runtime; default: as many as the processor has cores. */
  readonly threads?: number;
  /** Default: ONNX Runtime. */
  readonly products?: MatrixProducts;
}

/**
 * Fits in the order of the objectives. Ratings of the same rows share everything but their labels (ArmoRM's attributes come
 * in a few such patterns).
 * @throws AlidadeError `row` for labels that nothing can be learnt from, `recipe` for penalties or folds that cannot do;
 * `cancelled`.
 */
export async function fitRatings(params: FitRatingsParams, context: JobContext): Promise<readonly RatingFit[]> {
  const { features, objectives, ratings, seed } = params;
  for (const objective of objectives) checkRatedObjective(objective, ratings.selection);
  const runtime = params.products === undefined ? await openMatrixProducts(params.threads) : null;
  const fits = new Map<RatedObjective, RatingFit>();
  try {
    for (const pattern of groupByRows(objectives)) {
      const { rows, groups, kind } = pattern[0];
      const names = pattern.map(({ name }) => name).join(', ');
      context.progress({ message: `Fitting ${names}`, done: fits.size, total: objectives.length });
      const fitted = await fitRatingProblem(
        {
          features,
          rows,
          targets: pattern.map(({ targets }) => targets),
          split: splitRatings(groups, ratings, seed),
          ratings,
          products: params.products ?? (runtime as MatrixProducts),
          async pause() {
            await nextTurn();
            context.signal.throwIfAborted();
          },
        },
        kind,
      );
      pattern.forEach((objective, index) =>
        fits.set(objective, { ...fitted[index], name: objective.name, kind: objective.kind }),
      );
    }
  } finally {
    await runtime?.release();
  }
  return objectives.flatMap((objective) => fits.get(objective) ?? []);
}

/** Ratings with the same rows together; yes/no objectives each alone. */
function groupByRows(objectives: readonly RatedObjective[]): RatedObjective[][] {
  const patterns: RatedObjective[][] = [];
  for (const objective of objectives) {
    const known = patterns.find(([first]) => objective.kind === 'linear' && isSamePattern(first, objective));
    if (known === undefined) patterns.push([objective]);
    else known.push(objective);
  }
  return patterns;
}

function isSamePattern(a: RatedObjective, b: RatedObjective): boolean {
  return (
    a.kind === b.kind &&
    a.rows.length === b.rows.length &&
    a.rows.every((row, place) => row === b.rows[place]) &&
    a.groups.every((group, place) => group === b.groups[place])
  );
}
