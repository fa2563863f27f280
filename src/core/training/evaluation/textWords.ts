import { logisticLearner } from '../linear/crossValidation';
import { fitTfidf, tfidfCosine, transformTfidf } from '../linear/tfidf';
import { crossValidateWords } from './crossValidateWords';
import { drawRows, fewestGroups, leastDocuments, wordFolds } from './pairWords';
import type { ScoredText } from './scoredText';
import { sparseRidgeLearner } from './sparseRidgeLearner';

/** What words alone are compared with: those of the response, or how like they are to the prompt's. */
export type WordBaseline = 'response' | 'cosine';

export interface WordScoresParams {
  readonly metric: 'AUC' | 'Spearman';
  readonly texts: readonly Pick<ScoredText, 'words' | 'target' | 'group'>[];
  readonly wordBaseline: WordBaseline;
  readonly seed: number;
}

export interface WordScores {
  readonly scores: Float64Array; // [texts that were drawn]
  readonly targets: Float64Array;
  readonly groups: readonly string[];
}

/**
 * What the words of texts alone say about their labels, each text scored by a model that has seen no text of its group:
 * logistic or ridge regression over TF-IDF, or the cosine with the prompt, which learns nothing. null: too few groups.
 */
export function wordScores({ metric, texts, wordBaseline, seed }: WordScoresParams): WordScores | null {
  const known = texts.flatMap(({ words, target, group }) => (words === null ? [] : { ...words, target, group }));
  const drawn = drawRows(known, seed);
  const groups = drawn.map(({ group }) => group);
  const targets = Float64Array.from(drawn, ({ target }) => target);
  const responses = drawn.map(({ response }) => response);
  if (wordBaseline === 'cosine') {
    const tfidf = fitTfidf([...responses, ...drawn.map(({ prompt }) => prompt)], 1);
    const scores = Float64Array.from(drawn, ({ prompt, response }) => tfidfCosine(tfidf, prompt, response));
    return drawn.length === 0 ? null : { scores, targets, groups };
  }
  if (new Set(groups).size < fewestGroups) return null;
  // The weights of the words need no labels, so they may be learnt on all texts.
  const matrix = transformTfidf(fitTfidf(responses, leastDocuments), responses);
  const learner = metric === 'AUC' ? logisticLearner : sparseRidgeLearner;
  const scores = crossValidateWords({ set: { matrix, targets, groups }, learner, folds: wordFolds, seed });
  return { scores, targets, groups };
}
