import type { ObjectiveContribution, RewardBreakdown } from './rewardBreakdown';
import type { HeadOutput, RewardHead } from './rewardHead';

export interface BreakdownParts {
  readonly head: RewardHead;
  readonly output: HeadOutput;
  readonly tokens: number;
  readonly truncated: boolean;
  /** Coefficients by objective name that replace the head's own; only heads without a gate have them. */
  readonly weights: Readonly<Record<string, number>>;
  readonly lastHidden?: readonly number[] | undefined;
  readonly gateHidden?: readonly number[] | undefined;
}

/** The score as the sum of its contributions, in double precision and in the order of the objectives. */
export function buildBreakdown(parts: BreakdownParts): RewardBreakdown {
  const { head, output, weights } = parts;
  const objectives = head.objectives.map(({ name, scale }, index): ObjectiveContribution => {
    const reward = output.rewards[index];
    const gate = output.gates?.[index];
    const coefficient =
      (gate === undefined && Object.hasOwn(weights, name) ? weights[name] : undefined) ?? output.coefficients[index];
    return {
      name,
      reward,
      ...(scale === undefined ? {} : { rating: scale.min + (reward / (scale.full ?? 1)) * (scale.max - scale.min) }),
      ...(gate === undefined ? {} : { gate }),
      coefficient,
      contribution: coefficient * reward,
    };
  });
  return {
    score: objectives.reduce((sum, { contribution }) => sum + contribution, 0),
    tokens: parts.tokens,
    truncated: parts.truncated,
    objectives,
    ...(parts.lastHidden === undefined ? {} : { lastHidden: parts.lastHidden }),
    ...(parts.gateHidden === undefined ? {} : { gateHidden: parts.gateHidden }),
  };
}
