import { crossValidateWords } from '../evaluation/crossValidateWords';
import { drawRows, leastDocuments } from '../evaluation/pairWords';
import { rankFigure } from '../evaluation/rankFigure';
import { readResponseText } from '../evaluation/responseText';
import { sparseRidgeLearner } from '../evaluation/sparseRidgeLearner';
import { logisticLearner } from '../linear/crossValidation';
import { fitTfidf, tfidfCosine, transformTfidf } from '../linear/tfidf';
import type { HeldOutFigure, ObjectiveReport } from '../trainingReport';
import { mean } from './choosePenalty';
import type { RatingReportParams } from './ratingFit';

/** Folds in which words are learnt where the fit had one validation split. */
const WORD_FOLDS = 5;

/**
 * The held-out figure of an objective, and on the same rows those that it has to beat: the response's length (up or down,
 * whichever is right more often) and its words alone.
 */
export function reportRating(params: RatingReportParams): ObjectiveReport {
  const { fit, objective } = params;
  const metric = fit.kind === 'logistic' ? 'AUC' : 'Spearman';
  const { places, fold, folds } = fit.heldOut;
  const texts = params.texts.map(({ input }) => readResponseText(input));
  const heldOut = (
    scores: (place: number) => number,
    among: Iterable<number> = places.keys(),
  ): HeldOutFigure | null => {
    const rows = [...among].map((index) => {
      const place = places[index];
      return {
        score: scores(index),
        target: objective.targets[place],
        group: objective.groups[place],
        fold: fold[index],
      };
    });
    return heldOutFigure({ metric, rows, folds });
  };
  const meter = heldOut((index) => fit.heldOut.predictions[index]);
  const lengths = Float64Array.from(places, (place) => texts[place].response.length);
  const longer = heldOut((index) => lengths[index]);
  const shorter = heldOut((index) => -lengths[index]);
  const words = wordPredictions(params, texts);
  const known = [...places.keys()].filter((index) => words?.has(places[index]) === true);
  return {
    name: fit.name,
    kind: fit.kind,
    rows: objective.rows.length,
    groups: new Set(objective.groups).size,
    metric,
    heldOut: meter,
    lengthAlone: longer !== null && shorter !== null && longer.value < shorter.value ? shorter : longer,
    wordsAlone: words === null ? null : heldOut((index) => words.get(places[index]) ?? NaN, known),
    penalties: fit.penalties,
    penalty: fit.penalty,
  };
}

interface FigureRow {
  readonly score: number;
  readonly target: number;
  readonly group: string;
  readonly fold: number;
}

interface FigureParams {
  readonly metric: 'AUC' | 'Spearman';
  readonly rows: readonly FigureRow[];
  readonly folds: number;
}

/** Of one split with its interval, of folds the mean with the standard deviation between them; null: it cannot be told. */
function heldOutFigure({ metric, rows, folds }: FigureParams): HeldOutFigure | null {
  const figures = Array.from({ length: folds }, (_, held) => {
    const own = rows.filter(({ fold }) => fold === held);
    return rankFigure({
      metric,
      scores: Float64Array.from(own, ({ score }) => score),
      targets: Float64Array.from(own, ({ target }) => target),
      groups: own.map(({ group }) => group),
    });
  });
  if (folds === 1) return figures[0] === null ? null : { ...figures[0], deviation: null };
  const values = figures.flatMap((figure) => (figure === null ? [] : [figure.value]));
  if (values.length === 0) return null;
  const value = mean(values);
  const squares = values.reduce((sum, own) => sum + (own - value) ** 2, 0);
  return { value, deviation: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)), interval: null };
}

/**
 * What words say of rows (by place), each by a model that has seen no row of its group: regression over TF-IDF, or the
 * cosine with the prompt, which learns nothing. The weights of the words are learnt on all texts, without labels, which is in
 * the baseline's favour. null: there are too few groups, or no words.
 */
function wordPredictions(
  { objective, fit, wordBaseline, seed }: RatingReportParams,
  texts: readonly { readonly prompt: string; readonly response: string }[],
): ReadonlyMap<number, number> | null {
  const drawn = drawRows([...objective.rows.keys()], seed);
  const responses = drawn.map((place) => texts[place].response);
  if (wordBaseline === 'cosine') {
    const prompts = drawn.map((place) => texts[place].prompt);
    const tfidf = fitTfidf([...responses, ...prompts], 1);
    return new Map(drawn.map((place, index) => [place, tfidfCosine(tfidf, prompts[index], responses[index])]));
  }
  const folds = fit.heldOut.folds === 1 ? WORD_FOLDS : fit.heldOut.folds;
  const groups = drawn.map((place) => objective.groups[place]);
  const tfidf = fitTfidf(responses, leastDocuments);
  if (new Set(groups).size < folds || tfidf.vocabulary.size === 0) return null;
  const set = {
    matrix: transformTfidf(tfidf, responses),
    targets: Float64Array.from(drawn, (place) => objective.targets[place]),
    groups,
  };
  const learner = fit.kind === 'logistic' ? logisticLearner : sparseRidgeLearner;
  const predictions = crossValidateWords({ set, learner, folds, seed });
  return new Map(drawn.map((place, index) => [place, predictions[index]]));
}
