import { readPairTexts, type PairTexts } from '../../labels/pairTexts';
import type { PreferencePair } from '../data/trainingData';

/** A preference pair that a head has scored: what `evaluatePairs` looks at. */
export interface ScoredPair {
  /** Score of the chosen response minus that of the rejected one. */
  readonly margin: number;
  /** Of the responses, in characters. */
  readonly lengths: { readonly chosen: number; readonly rejected: number };
  /** The responses, for the comparison with their words; null: not kept. */
  readonly words: PairTexts | null;
  /** Pairs of one group are not independent of each other, such as those of one prompt. */
  readonly group: string;
  readonly subset: string | null;
}

/** What two conversations share at their beginning is the prompt, the rest of them the responses. */
export function scoredPairOf(pair: PreferencePair, margin: number): ScoredPair {
  const { id, group, subset, chosen, rejected } = pair;
  const words = readPairTexts({ kind: 'pair', id, chosen, rejected });
  const lengths = { chosen: words?.chosen.length ?? 0, rejected: words?.rejected.length ?? 0 };
  return { margin, lengths, words, group, subset };
}
