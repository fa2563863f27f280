/** The score of a response as its text grows, read from one forward pass: position t has seen tokens 0 to t only. */
export interface ScoreGrowth {
  /**
   * After every token of the response, in order (of a very long one after some of them), and, where the head reads a token
   * behind the response, after that one. The last point is the response's score.
   */
  readonly points: readonly GrowthPoint[];
  /** Sentences (or lines) of the response, which cover it without gaps. */
  readonly segments: readonly GrowthSegment[];
  /** What the end of the turn changed, where the head reads a token behind the response; null where it does not. */
  readonly closing: GrowthSegment | null;
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
  /**
   * What each objective's contribution changed by over the segment, in the model's order; over the first one the
   * contributions themselves.
   */
  readonly contributions: readonly { readonly name: string; readonly change: number }[];
}
