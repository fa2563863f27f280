import { projectToMean, ratiosOfParts, setHoldingMean } from '../hma/heldMean';

/** The ratios among which a search looks. */
export interface RatioSpace {
  /** Number of blocks. */
  readonly blocks: number;
  /** Their mean, from 0 to 1; null: free. */
  readonly mean: number | null;
  /**
   * HMA's ε, which narrows the ratios where a mean is held: parts are sigmoid(logit) + ε, so that no ratio is more than
   * (1 + ε) / ε times another. 0: not narrowed.
   */
  readonly epsilon: number;
}

/** Decimal places of ratios: more would say nothing, and recipes are read by people. */
const places = 4;

/** Anywhere in the space. */
export function sampleRatios(space: RatioSpace, random: () => number): readonly number[] {
  if (space.mean === null) {
    // Uniform numbers alone would have about the same mean where there are many blocks.
    const [level, spread] = [random(), random()];
    return tidy(
      space,
      filled(space.blocks, () => clamp(level + spread * (2 * random() - 1))),
    );
  }
  const parts = filled(space.blocks, () => 1 / (1 + Math.exp(-2 * normal(random))) + space.epsilon);
  return tidy(space, ratiosOfParts(parts, space.mean));
}

/** Near other ratios: about `scale` away in each. */
export function ratiosNear(
  space: RatioSpace,
  ratios: readonly number[],
  scale: number,
  random: () => number,
): readonly number[] {
  return bringInto(
    space,
    ratios.map((ratio) => ratio + scale * normal(random)),
  );
}

/** Part of the way from one to the other; beyond it where `share` is above 1. */
export function ratiosBetween(
  space: RatioSpace,
  one: readonly number[],
  other: readonly number[],
  share: number,
): readonly number[] {
  return bringInto(
    space,
    one.map((ratio, index) => ratio + share * (other[index] - ratio)),
  );
}

/**
 * What is measured first: plain averages (only the models themselves and two levels between them, or the mean), and
 * contrasts, in which a block, or of many blocks a sixth, has more of the model before RLHF and the others less.
 */
export function firstRatios(space: RatioSpace): readonly (readonly number[])[] {
  const { blocks, mean } = space;
  const plain = (level: number): readonly number[] => filled(blocks, () => level);
  // HMA recommends a mean of 0.2.
  const levels = mean === null ? [0, 1, 0.2, 0.5] : [mean];
  const level = mean ?? 0.2;
  const groups = Math.min(blocks, 6);
  const contrasts =
    blocks < 2
      ? []
      : Array.from({ length: groups }, (_, group) => {
          const [first, end] = [group, group + 1].map((index) => Math.floor((index * blocks) / groups));
          const raised = Math.min(1, level * 2, level + (1 - level) / 2);
          if (end - first === 1) return bringInto(space, setHoldingMean(plain(level), first, raised));
          return bringInto(
            { ...space, mean: level },
            plain(level).map((ratio, block) => (first <= block && block < end ? raised : ratio)),
          );
        });
  return [...levels.map((value) => tidy(space, plain(value))), ...contrasts];
}

/** Euclidean. */
export function distanceOf(one: readonly number[], other: readonly number[]): number {
  return Math.sqrt(one.reduce((sum, ratio, index) => sum + (ratio - other[index]) ** 2, 0));
}

function bringInto(space: RatioSpace, ratios: readonly number[]): readonly number[] {
  if (space.mean === null) return tidy(space, ratios.map(clamp));
  return tidy(space, narrow(space.mean, space.epsilon, projectToMean(ratios, space.mean)));
}

/** Drawn towards the mean as far as ε asks. */
function narrow(mean: number, epsilon: number, ratios: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  if (epsilon <= 0 || most * epsilon <= least * (1 + epsilon)) return ratios;
  // most' = least' · (1 + ε) / ε, with both at a share of their distance from the mean.
  const factor = (1 + epsilon) / epsilon;
  const share = (mean * (factor - 1)) / (most - mean + factor * (mean - least));
  return ratios.map((ratio) => mean + share * (ratio - mean));
}

/** Rounded; where a mean is held, one of them takes what rounding leaves. */
function tidy({ mean }: RatioSpace, ratios: readonly number[]): readonly number[] {
  const result = ratios.map((ratio) => Number(ratio.toFixed(places)));
  if (mean === null) return result;
  const rest = mean * result.length - result.reduce((sum, ratio) => sum + ratio, 0);
  const taker = result.findIndex((ratio) => 0 <= ratio + rest && ratio + rest <= 1);
  if (taker !== -1) result[taker] = Math.min(1, Math.max(0, Number((result[taker] + rest).toFixed(12))));
  return result;
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function clamp(ratio: number): number {
  return Math.min(1, Math.max(0, ratio));
}

function filled(length: number, value: () => number): number[] {
  return Array.from({ length }, value);
}
