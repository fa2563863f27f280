import { sparseMatrix, type SparseMatrix, type SparseRow } from './sparseMatrix';

/** Words and pairs of words with their weights, as learnt from one set of texts. */
export interface Tfidf {
  /** Column of every term. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly inverseDocumentFrequency: Float64Array; // [terms]
}

/**
 * Terms are lower-case words of two characters or more and pairs of neighbouring ones, kept when they are in at least
 * `minDocuments` texts. idf = log((1 + n) / (1 + df)) + 1, as scikit-learn's TfidfVectorizer smooths it.
 */
export function fitTfidf(texts: readonly string[], minDocuments: number): Tfidf {
  const documents = new Map<string, number>();
  for (const text of texts) {
    for (const term of new Set(terms(text))) {
      documents.set(term, (documents.get(term) ?? 0) + 1);
    }
  }
  const kept = [...documents].filter(([, count]) => minDocuments <= count);
  return {
    vocabulary: new Map(kept.map(([term], column) => [term, column])),
    inverseDocumentFrequency: Float64Array.from(kept, ([, count]) => Math.log((1 + texts.length) / (1 + count)) + 1),
  };
}

/** Counts × idf, every row scaled to length 1; terms not in the vocabulary are dropped. [texts, terms] */
export function transformTfidf(tfidf: Tfidf, texts: readonly string[]): SparseMatrix {
  return sparseMatrix(
    texts.map((text) => transformText(tfidf, text)),
    tfidf.vocabulary.size,
  );
}

/** Cosine of two texts under the same weights; 0 when one has no known term. */
export function tfidfCosine(tfidf: Tfidf, a: string, b: string): number {
  const other = transformText(tfidf, b);
  const valueOfColumn = new Map(other.columns.map((column, entry) => [column, other.values[entry]]));
  const row = transformText(tfidf, a);
  return row.columns.reduce((sum, column, entry) => sum + row.values[entry] * (valueOfColumn.get(column) ?? 0), 0);
}

function transformText({ vocabulary, inverseDocumentFrequency }: Tfidf, text: string): SparseRow {
  const weights = new Map<number, number>();
  for (const term of terms(text)) {
    const column = vocabulary.get(term);
    if (column !== undefined) {
      weights.set(column, (weights.get(column) ?? 0) + inverseDocumentFrequency[column]);
    }
  }
  const length = Math.hypot(...weights.values());
  return { columns: [...weights.keys()], values: Array.from(weights.values(), (value) => value / length) };
}

function terms(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  return words.flatMap((word, index) => (index === 0 ? [word] : [word, `${words[index - 1]} ${word}`]));
}
