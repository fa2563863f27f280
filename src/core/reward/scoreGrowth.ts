/** The score of a response as its text grows, read from one forward pass: position t has seen tokens 0 to t only. */
export interface ScoreGrowth {
  /** After every token of the response, in order; the last one is the response's score. */
  readonly points: readonly GrowthPoint[];
  /** Sentences (or lines) of the response, which cover it without gaps. */
  readonly segments: readonly GrowthSegment[];
}

export interface GrowthPoint {
  /** Offset in the templated text (UTF-16) behind the token. */
  readonly end: number;
  readonly score: number;
}

export interface GrowthSegment {
  /** Offsets in the templated text (UTF-16). */
  readonly start: number;
  readonly end: number;
  /** Score behind the segment minus score before it; of the first one, the score itself is `after`, and `before` is null. */
  readonly before: number | null;
  readonly after: number;
  /** What each objective's contribution changed by over the segment, in the model's order. */
  readonly contributions: readonly { readonly name: string; readonly change: number }[];
}
