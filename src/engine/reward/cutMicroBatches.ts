import { commonPrefixLength } from '../../core/commonPrefixLength';

/** The tokens of one text. */
export interface SequenceText {
  readonly ids: readonly number[];
}

/**
 * Texts that are computed together: as many as have `atOnce` tokens, or one that is longer. They come in the order of
 * their tokens, so that those which begin alike follow each other and share their beginning.
 */
export function cutMicroBatches<Text extends SequenceText>(texts: readonly Text[], atOnce: number): Text[][] {
  const batches: Text[][] = [];
  let tokens = 0;
  let last: Text | null = null;
  for (const text of [...texts].sort((a, b) => compareIds(a.ids, b.ids))) {
    const added = text.ids.length - (last === null ? 0 : commonPrefixLength(text.ids, last.ids));
    const batch = batches.at(-1);
    if (batch === undefined || atOnce < tokens + added) {
      batches.push([text]);
      tokens = added;
    } else {
      batch.push(text);
      tokens += added;
    }
    last = text;
  }
  return batches;
}

/** By the first token that differs; a beginning comes before what continues it. */
function compareIds(a: readonly number[], b: readonly number[]): number {
  const shared = commonPrefixLength(a, b);
  return (a[shared] ?? -1) - (b[shared] ?? -1);
}
