import { countGroupErrors } from './countGroupErrors';
import type { ObjectiveEvaluation } from './headEvaluation';
import { rankFigure } from './rankFigure';
import type { ScoredText } from './scoredText';
import { wordScores, type WordBaseline } from './textWords';

export interface EvaluateObjectiveParams {
  readonly objective: string;
  /** `AUC`: targets are 0 and 1. */
  readonly metric: ObjectiveEvaluation['metric'];
  readonly texts: readonly ScoredText[];
  /** Score from which on the answer is yes, for error rates; null: none are counted. */
  readonly threshold: number | null;
  readonly wordBaseline: WordBaseline;
  /** Of the folds in which the words are learnt. */
  readonly seed: number;
}

/**
 * How well an objective ranks labelled texts, beside what length and words alone reach, with error rates by group.
 * null: nothing can be told, since there are fewer than two texts, one class only, or constant ratings.
 */
export function evaluateObjective(params: EvaluateObjectiveParams): ObjectiveEvaluation | null {
  const { objective, metric, texts, threshold, wordBaseline, seed } = params;
  const targets = Float64Array.from(texts, ({ target }) => target);
  const groups = texts.map(({ group }) => group);
  const figure = rankFigure({ metric, scores: Float64Array.from(texts, ({ score }) => score), targets, groups });
  if (figure === null) return null;
  const lengths = Float64Array.from(texts, ({ length }) => length);
  const length = rankFigure({ metric, scores: lengths, targets, groups });
  const words = wordScores({ metric, texts, wordBaseline, seed });
  return {
    objective,
    n: texts.length,
    metric,
    value: figure.value,
    interval: figure.interval,
    lengthAlone: length === null ? chanceOf(metric) : eitherWay(metric, length.value),
    wordsAlone: words === null ? null : (rankFigure({ metric, ...words })?.value ?? null),
    groups: metric === 'AUC' && threshold !== null ? countGroupErrors(texts, threshold) : [],
    threshold: metric === 'AUC' ? threshold : null,
  };
}

function chanceOf(metric: ObjectiveEvaluation['metric']): number {
  return metric === 'AUC' ? 0.5 : 0;
}

/** A baseline may go up or down with length, whichever is right more often. */
function eitherWay(metric: ObjectiveEvaluation['metric'], value: number): number {
  return metric === 'AUC' ? Math.max(value, 1 - value) : Math.abs(value);
}
