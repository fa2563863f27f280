import { seededRandom, shuffled } from '../../seededRandom';
import { sparseMatrix, type SparseRow } from '../linear/sparseMatrix';
import { fitTfidf, transformTfidf } from '../linear/tfidf';
import { bradleyTerryLearner } from './bradleyTerryLearner';
import { crossValidateWords } from './crossValidateWords';
import type { ScoredPair } from './scoredPair';

export const wordFolds = 5;
/** In fewer texts a word can say nothing about others. */
export const leastDocuments = 2;
/** Below, folds inside folds are too small to learn from. */
export const fewestGroups = 20;
/** More are drawn from: what words can say is known by then, and every more takes time. */
export const mostWordRows = 2000;

/**
 * Whether the words of the responses alone put pairs in order, each predicted by a model that has seen no pair of its
 * group: Bradley–Terry over differences of TF-IDF. null: too few groups with words.
 */
export function wordOutcomes({ pairs, seed }: { readonly pairs: readonly ScoredPair[]; readonly seed: number }): {
  readonly outcomes: Float64Array; // [pairs that were drawn]
  readonly groups: readonly string[];
} | null {
  const known = pairs.flatMap(({ words, group }) => (words === null ? [] : { ...words, group }));
  const drawn = drawRows(known, seed);
  const groups = drawn.map(({ group }) => group);
  if (new Set(groups).size < fewestGroups) return null;
  const [chosen, rejected] = [drawn.map((pair) => pair.chosen), drawn.map((pair) => pair.rejected)];
  // The weights of the words need no labels, so they may be learnt on all texts.
  const tfidf = fitTfidf([...chosen, ...rejected], leastDocuments);
  if (tfidf.vocabulary.size === 0) return null;
  const [better, worse] = [transformTfidf(tfidf, chosen), transformTfidf(tfidf, rejected)];
  const differences = better.sparseRows.map((row, index) => subtract(row, worse.sparseRows[index]));
  const set = {
    matrix: sparseMatrix(differences, tfidf.vocabulary.size),
    targets: new Float64Array(drawn.length).fill(1),
    groups,
  };
  const predictions = crossValidateWords({ set, learner: bradleyTerryLearner, folds: wordFolds, seed });
  // Pairs without a word that tells them apart are left to a coin.
  return { outcomes: predictions.map((margin) => (1 + Math.sign(margin)) / 2), groups };
}

/** All rows, or as many as are worth their time, drawn at random but in their order. */
export function drawRows<Row>(rows: readonly Row[], seed: number): readonly Row[] {
  if (rows.length <= mostWordRows) return rows;
  const drawn = shuffled([...rows.keys()], seededRandom(seed)).slice(0, mostWordRows);
  return drawn.sort((a, b) => a - b).map((index) => rows[index]);
}

function subtract(row: SparseRow, other: SparseRow): SparseRow {
  const values = new Map(row.columns.map((column, entry) => [column, row.values[entry]]));
  other.columns.forEach((column, entry) => {
    values.set(column, (values.get(column) ?? 0) - other.values[entry]);
  });
  const entries = [...values].filter(([, value]) => value !== 0);
  return { columns: entries.map(([column]) => column), values: entries.map(([, value]) => value) };
}
