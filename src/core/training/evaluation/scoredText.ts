import type { RatedText } from '../data/trainingData';
import { readResponseText, type ResponseText } from './responseText';

/** A labelled text that a head has scored: what `evaluateObjective` looks at. */
export interface ScoredText {
  /** The objective's value. */
  readonly score: number;
  /** 0 or 1 for yes/no labels, else the rating. */
  readonly target: number;
  /** Of the response, in characters. */
  readonly length: number;
  /** For the comparison with the words; null: not kept. */
  readonly words: ResponseText | null;
  /** Texts of one group are not independent of each other, such as those of one prompt. */
  readonly group: string;
  /** Groups whose error rates are counted; a text may be in several. */
  readonly memberships: readonly string[];
}

export function scoredTextOf(text: RatedText, score: number, memberships: readonly string[] = []): ScoredText {
  const words = readResponseText(text.input);
  return { score, target: text.target, length: words.response.length, words, group: text.group, memberships };
}
