import { evaluateObjective, type EvaluateObjectiveParams } from './evaluateObjective';
import { evaluatePairs } from './evaluatePairs';
import { describeUnmeasured, warnAboutObjective, warnAboutPairs } from './evaluationWarnings';
import type { HeadEvaluation, ObjectiveEvaluation } from './headEvaluation';
import type { ScoredPair } from './scoredPair';

export interface EvaluateScoredParams {
  /** Rows that were read, and those of them that could not be scored. */
  readonly rows: number;
  readonly errors: number;
  readonly pairs: readonly ScoredPair[];
  readonly objectives: readonly Omit<EvaluateObjectiveParams, 'seed'>[];
  /** Of the folds in which words are learnt. */
  readonly seed: number;
  /** What was noticed while the rows were read, in words. */
  readonly warnings?: readonly string[];
}

/** Everything that labelled rows say about a head, with warnings where that is little or nothing to be proud of. */
export function evaluateScored(params: EvaluateScoredParams): HeadEvaluation {
  const { rows, errors, seed } = params;
  const warnings = [...(params.warnings ?? [])];
  const pairs = evaluatePairs({ pairs: params.pairs, seed });
  if (pairs !== null) warnings.push(...warnAboutPairs(pairs));
  const objectives: ObjectiveEvaluation[] = [];
  for (const objective of params.objectives) {
    const evaluation = evaluateObjective({ ...objective, seed });
    if (evaluation === null) {
      warnings.push(describeUnmeasured(objective));
    } else {
      objectives.push(evaluation);
      warnings.push(...warnAboutObjective(evaluation));
    }
  }
  return { rows, errors, pairs, objectives, warnings };
}
