import type { BreakdownParts } from './buildBreakdown';
import { buildBreakdown } from './buildBreakdown';
import type { ObjectiveContribution, RewardBreakdown } from './rewardBreakdown';
import type { GateOutput, RewardHead } from './rewardHead';
import type { GrowthPoint, GrowthSegment, ScoreGrowth } from './scoreGrowth';
import { splitSegments } from './splitSegments';

export interface GrowScoreParams {
  readonly head: RewardHead;
  /** The body's hidden states after every token of the response, [tokens][hidden]. */
  readonly states: readonly ArrayLike<number>[];
  /** The state that a `last` head reads behind the response, [hidden]; null where it reads the last of `states`. */
  readonly closingState: ArrayLike<number> | null;
  /** At the gate's position, [hidden]; null for heads without a gate. It is the same however long the response is. */
  readonly gate: ArrayLike<number> | null;
  readonly weights: BreakdownParts['weights'];
  /** The templated text, and where in it each token of the response ends (UTF-16, ascending). */
  readonly text: string;
  readonly tokenEnds: readonly number[];
  /** Where the response lies in `text`. */
  readonly response: { readonly start: number; readonly end: number };
}

/** Of a longer response only some points are computed: at the ends of its sentences, and evenly between them. */
const mostPoints = 1024;

/**
 * What a reward head says of every beginning of a response. For a head over the mean these are the means of the states so
 * far, for a head over the last token each token as if the text ended there.
 */
export function growScore(parts: GrowScoreParams): ScoreGrowth {
  const { head, gate, tokenEnds, response, text, closingState } = parts;
  // A gate reads the prompt alone, and is far more work than the rewards.
  const params: WeighedParams = { ...parts, weighed: gate === null ? undefined : head.weigh?.(gate) };
  const spans = splitSegments(text.slice(response.start, response.end)).map(({ start, end }) => ({
    start: response.start + start,
    end: response.start + end,
  }));
  const lastTokens = spans.map(({ end }) => lastTokenBefore(end, tokenEnds));
  const breakdowns = breakdownsAt(chooseTokens(tokenEnds.length, lastTokens), params);
  const points: GrowthPoint[] = [...breakdowns].map(([token, { score }]) => ({ end: tokenEnds[token], score }));
  const segments = spans.map((span, index): GrowthSegment => {
    const before = 0 < index ? breakdowns.get(lastTokens[index - 1]) : undefined;
    return growthBetween(span, before ?? null, breakdowns.get(lastTokens[index]) as RewardBreakdown);
  });
  if (closingState === null) return { points, segments, closing: null };
  const closed = breakdownOf(closingState, tokenEnds.length, params);
  points.push({ end: text.length, score: closed.score });
  const before = breakdowns.get(tokenEnds.length - 1) ?? null;
  return { points, segments, closing: growthBetween({ start: response.end, end: text.length }, before, closed) };
}

type WeighedParams = GrowScoreParams & { readonly weighed: GateOutput | undefined };

/** The last token that ends within the first `end` characters; the first one where there is none. */
function lastTokenBefore(end: number, tokenEnds: readonly number[]): number {
  return Math.max(
    0,
    tokenEnds.findLastIndex((tokenEnd) => tokenEnd <= end),
  );
}

function chooseTokens(count: number, wanted: readonly number[]): readonly number[] {
  const step = Math.max(1, Math.ceil(count / mostPoints));
  const chosen = new Set(wanted);
  for (let token = step - 1; token < count; token += step) chosen.add(token);
  chosen.add(count - 1);
  return [...chosen].sort((a, b) => a - b);
}

/** By token, in the order of `tokens`. */
function breakdownsAt(tokens: readonly number[], params: WeighedParams): ReadonlyMap<number, RewardBreakdown> {
  const { head, states } = params;
  const breakdowns = new Map<number, RewardBreakdown>();
  if (head.pooling.kind === 'last') {
    for (const token of tokens) breakdowns.set(token, breakdownOf(states[token], token + 1, params));
    return breakdowns;
  }
  const sum = new Float64Array(states[0]?.length ?? 0);
  let summed = 0;
  for (const token of tokens) {
    for (; summed <= token; summed += 1) {
      for (let index = 0; index < sum.length; index += 1) sum[index] += states[summed][index];
    }
    const mean = sum.map((value) => value / (token + 1));
    breakdowns.set(token, breakdownOf(mean, token + 1, params));
  }
  return breakdowns;
}

function breakdownOf(pooled: ArrayLike<number>, responseTokens: number, params: WeighedParams): RewardBreakdown {
  const { head, gate, weighed, weights } = params;
  return buildBreakdown({
    head,
    output: head.apply({ pooled, gate, weighed, responseTokens }),
    tokens: responseTokens,
    truncated: false,
    weights,
  });
}

function growthBetween(
  { start, end }: { readonly start: number; readonly end: number },
  before: RewardBreakdown | null,
  after: RewardBreakdown,
): GrowthSegment {
  const changeOf = ({ contribution }: ObjectiveContribution, index: number): number =>
    contribution - (before?.objectives[index].contribution ?? 0);
  return {
    start,
    end,
    before: before?.score ?? null,
    after: after.score,
    contributions: after.objectives.map((objective, index) => ({
      name: objective.name,
      change: changeOf(objective, index),
    })),
  };
}
