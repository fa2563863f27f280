import { spearman } from './evaluation/rankMetrics';
import type { VerbosityRecipe } from './recipe/headRecipe';
import type { VerbosityReport } from './trainingReport';

export interface VerbosityParams {
  /** Row-major, [responses, objectives]. */
  readonly rewards: Float64Array;
  /** Names, in the order of the columns. */
  readonly objectives: readonly string[];
  readonly recipe: VerbosityRecipe;
}

export interface VerbosityCorrection {
  readonly lambdas: Float64Array; // [objectives]
  /** M of r' = r·M: the identity with the lambdas subtracted from the row of the verbosity objective. */
  readonly transform: Float32Array; // [objectives, objectives]
  readonly report: VerbosityReport;
}

/**
 * ArmoRM's correction (Wang et al. 2024, section 3, eq. 4): r'ᵢ = rᵢ − λᵢ·r_verbosity with the first λ of the grid for which
 * Spearman's correlation of r'ᵢ and r_verbosity, with its sign, is at most the threshold; 1 where none does it. The verbosity
 * objective itself is taken away whole (λ = 1). A correlation with what is constant counts as none.
 */
export function correctVerbosity({ rewards, objectives, recipe }: VerbosityParams): VerbosityCorrection {
  const count = objectives.length;
  const responses = rewards.length / count;
  const verbosity = objectives.indexOf(recipe.objective);
  const column = (objective: number): Float64Array =>
    Float64Array.from({ length: responses }, (_, response) => rewards[response * count + objective]);
  const reference = column(verbosity);
  const rows = objectives.map((objective, index) => {
    const own = column(index);
    const correlation = (lambda: number): number =>
      correlationOf(
        own.map((reward, response) => reward - lambda * reference[response]),
        reference,
      );
    const before = correlation(0);
    if (index === verbosity) return { objective, before, lambda: 1, after: 0, isReached: true };
    const found = recipe.grid.find((lambda) => correlation(lambda) <= recipe.threshold);
    const lambda = found ?? 1;
    return { objective, before, lambda, after: correlation(lambda), isReached: found !== undefined };
  });
  const transform = new Float32Array(count * count);
  rows.forEach(({ lambda }, index) => {
    transform[index * count + index] = 1;
    transform[verbosity * count + index] -= lambda;
  });
  return {
    lambdas: Float64Array.from(rows, ({ lambda }) => lambda),
    transform,
    report: { objective: recipe.objective, threshold: recipe.threshold, responses, rows },
  };
}

function correlationOf(values: Float64Array, reference: Float64Array): number {
  const correlation = spearman(values, reference);
  return Number.isNaN(correlation) ? 0 : correlation;
}
