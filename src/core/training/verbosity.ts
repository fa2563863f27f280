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

/** The smallest λ of the grid that brings each objective's rank correlation with verbosity under the threshold. */
export function correctVerbosity(params: VerbosityParams): VerbosityCorrection {
  throw new Error(`not yet: ${params.objectives.join()}`);
}
