import type { ExplainedText } from '../../src/core/reward/explainedRow';
import { splitSegments } from '../../src/core/reward/splitSegments';
import type { GrowthSegment, ScoreGrowth } from '../../src/core/reward/scoreGrowth';

/** A growth that ends at the score of the text: words are its tokens, and every other sentence lowers the score. */
export function growthOf({ text, score, objectives, responseSpan }: ExplainedText, closing = false): ScoreGrowth {
  const { start, end } = responseSpan!;
  const spans = splitSegments(text.slice(start, end)).map((span) => ({
    start: start + span.start,
    end: start + span.end,
  }));
  const scoreAt = (offset: number): number => {
    const share = (offset - start) / (end - start);
    return score * (1 + 0.25 * Math.sin(9 * share) * (1 - share));
  };
  const ends = [...text.slice(start, end).matchAll(/\S+\s*/g)].map(
    (word) => start + word.index + word[0].trimEnd().length,
  );
  const segments = spans.map((span, index): GrowthSegment => {
    const before = index === 0 ? null : scoreAt(ends.findLast((offset) => offset <= span.start) ?? span.start);
    const after =
      index + 1 === spans.length ? score : scoreAt(ends.findLast((offset) => offset <= span.end) ?? span.end);
    return step(span, before, after, objectives);
  });
  const points = ends.map((offset, index) => ({
    end: offset,
    score: index + 1 === ends.length ? score : scoreAt(offset),
  }));
  if (!closing) return { points, segments, closing: null };
  const last = step({ start: end, end: text.length }, score - 0.05, score, objectives);
  return {
    points: [...points.slice(0, -1), { end, score: score - 0.05 }, { end: text.length, score }],
    segments: [...segments.slice(0, -1), { ...segments.at(-1)!, after: score - 0.05 }],
    closing: last,
  };
}

function step(
  span: { readonly start: number; readonly end: number },
  before: number | null,
  after: number,
  objectives: ExplainedText['objectives'],
): GrowthSegment {
  const change = after - (before ?? 0);
  const weights = objectives.map((_, index) => 1 / (index + 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return {
    ...{ ...span, before, after },
    contributions: objectives.map(({ name }, index) => ({ name, change: (change * weights[index]) / sum })),
  };
}
