import type { LabelledRow } from './labelledRow';
import type { RatedText } from './trainingData';

/** Texts that stand there twice with different labels. */
export interface Contradictions {
  readonly count: number;
  /** Places of one of them and of what it contradicts; null: there is none. */
  readonly first: { readonly place: string; readonly contradicts: string } | null;
}

/** @param sources by text: the rows that they are of. */
export function findContradictions(texts: readonly RatedText[], sources: readonly LabelledRow[]): Contradictions {
  const known = new Map<string, number>();
  let count = 0;
  let first: Contradictions['first'] = null;
  texts.forEach(({ input, target }, index) => {
    const key = JSON.stringify(input);
    const before = known.get(key);
    if (before === undefined) known.set(key, index);
    else if (texts[before].target !== target) {
      count += 1;
      first ??= { place: sources[index].place, contradicts: sources[before].place };
    }
  });
  return { count, first };
}
