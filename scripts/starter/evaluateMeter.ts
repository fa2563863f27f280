// Held-out figures of a meter, and of what it has to beat: the response's length and its words alone.
import {
  chooseLambda,
  crossValidate,
  logisticLearner,
  ridgeLearner,
  withStandardisation,
  type Learner,
} from '../../src/core/training/linear/crossValidation';
import { denseMatrixFromRows, type DenseMatrix } from '../../src/core/training/linear/denseMatrix';
import type { LinearModel } from '../../src/core/training/linear/linearModel';
import { areaUnderRoc, spearman } from '../../src/core/training/evaluation/rankMetrics';
import { fitTfidf, tfidfCosine, transformTfidf } from '../../src/core/training/linear/tfidf';
import { promptOf, responseOf, type LabelledText } from './labelledText';

export type MeterKind = 'logistic' | 'linear';

/** A figure over the folds of a grouped cross-validation. */
export interface FoldFigure {
  readonly mean: number;
  /** Between the folds. */
  readonly standardDeviation: number;
}

export interface MeterEvaluation {
  readonly metric: 'AUC' | 'Spearman';
  readonly n: number;
  readonly groups: number;
  readonly meter: FoldFigure;
  readonly lengthAlone: FoldFigure;
  readonly words: FoldFigure;
  /** How the words were used. */
  readonly wordsKind: string;
  /** w·x + b of every row by a model that has not seen its group. */
  readonly heldOut: Float64Array;
  /** The penalty chosen for the final model. */
  readonly lambda: number;
  /** Fitted on all rows, for raw features. */
  readonly model: LinearModel;
}

export interface EvaluationParams {
  readonly kind: MeterKind;
  readonly texts: readonly LabelledText[];
  readonly features: (messages: LabelledText['messages']) => Float32Array;
  /** `cosine`: similarity of the words of prompt and response, for a meter about both. */
  readonly wordBaseline: 'response' | 'cosine';
}

const FOLDS = 5;
const SEED = 20;
/** For standardised features, largest first. */
const LAMBDAS = [30_000, 10_000, 3000, 1000, 300, 100, 30, 10];
/** For TF-IDF rows of length 1. */
const WORD_LAMBDAS = [10, 3, 1, 0.3, 0.1, 0.03];
const MIN_DOCUMENTS = 2;

export function evaluateMeter({ kind, texts, features, wordBaseline }: EvaluationParams): MeterEvaluation {
  const targets = Float64Array.from(texts, (text) => text.target);
  const groups = texts.map((text) => text.group);
  const options = { folds: FOLDS, seed: SEED };
  const base: Learner<DenseMatrix> = kind === 'logistic' ? logisticLearner : ridgeLearner;
  const learner = withStandardisation(base);
  const foldFigure = (predictions: Float64Array, fold: readonly number[]): FoldFigure =>
    figureByFold({ predictions, targets, fold, kind });

  const set = { matrix: denseMatrixFromRows(texts.map((text) => features(text.messages))), targets, groups };
  const meter = crossValidate({ ...options, set, learner, lambdas: LAMBDAS });
  const lambda = chooseLambda({ ...options, set, learner, lambdas: LAMBDAS });
  const [model] = learner.fitPath(set.matrix, targets, [lambda]);

  const lengths = denseMatrixFromRows(texts.map((text) => [Math.log(1 + countWords(responseOf(text)))]));
  const length = crossValidate({ ...options, set: { matrix: lengths, targets, groups }, learner, lambdas: [1] });
  return {
    metric: kind === 'logistic' ? 'AUC' : 'Spearman',
    n: texts.length,
    groups: new Set(groups).size,
    meter: foldFigure(meter.predictions, meter.fold),
    lengthAlone: foldFigure(length.predictions, length.fold),
    words: foldFigure(wordPredictions({ kind, texts, targets, groups, wordBaseline }), meter.fold),
    wordsKind: wordBaseline === 'cosine' ? 'TF-IDF cosine of prompt and response' : 'TF-IDF of the response',
    heldOut: meter.predictions,
    lambda,
    model,
  };
}

interface WordParams {
  readonly kind: MeterKind;
  readonly texts: readonly LabelledText[];
  readonly targets: Float64Array;
  readonly groups: readonly string[];
  readonly wordBaseline: 'response' | 'cosine';
}

/** The weights of the words are learnt on all texts, without labels: in favour of the baseline. */
function wordPredictions({ kind, texts, targets, groups, wordBaseline }: WordParams): Float64Array {
  const responses = texts.map(responseOf);
  if (wordBaseline === 'cosine') {
    const tfidf = fitTfidf([...responses, ...texts.map(promptOf)], 1);
    return Float64Array.from(texts, (text) => tfidfCosine(tfidf, promptOf(text), responseOf(text)));
  }
  const matrix = transformTfidf(fitTfidf(responses, MIN_DOCUMENTS), responses);
  const options = { lambdas: WORD_LAMBDAS, folds: FOLDS, seed: SEED };
  return kind === 'logistic'
    ? crossValidate({ ...options, set: { matrix, targets, groups }, learner: logisticLearner }).predictions
    : crossValidate({ ...options, set: { matrix: matrix.toDense(), targets, groups }, learner: ridgeLearner })
        .predictions;
}

interface FoldParams {
  readonly predictions: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly fold: readonly number[];
  readonly kind: MeterKind;
}

function figureByFold({ predictions, targets, fold, kind }: FoldParams): FoldFigure {
  const figures = Array.from({ length: FOLDS }, (_, held) => {
    const rows = fold.flatMap((value, row) => (value === held ? [row] : []));
    const scores = rows.map((row) => predictions[row]);
    const wanted = rows.map((row) => targets[row]);
    return kind === 'logistic' ? areaUnderRoc(scores, wanted) : spearman(scores, wanted);
  });
  const mean = figures.reduce((sum, value) => sum + value, 0) / FOLDS;
  const variance = figures.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (FOLDS - 1);
  return { mean, standardDeviation: Math.sqrt(variance) };
}

export function countWords(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}
