import type { RewardModelDescription } from './rewardModelDescription';

/** Weights that are kept for all models: those of other models' objectives do not concern this one, nor does a gate need any. */
export function applicableWeights(
  weights: Readonly<Record<string, number>>,
  { headKind, objectives }: Pick<RewardModelDescription, 'headKind' | 'objectives'>,
): Record<string, number> {
  if (headKind === 'gated' || headKind === 'judge') return {};
  const names = new Set(objectives.map(({ name }) => name));
  return Object.fromEntries(Object.entries(weights).filter(([name]) => names.has(name)));
}
