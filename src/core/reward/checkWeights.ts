import { AlidadeError } from '../alidadeError';
import type { RewardModelDescription } from './rewardModelDescription';

/**
 * Whether coefficients fit a model: worth knowing before the first row, since a run must not give half its rows and then
 * find that it was called wrongly.
 * @throws AlidadeError `usage`
 */
export function checkWeights(
  { name, headKind, objectives }: Pick<RewardModelDescription, 'name' | 'headKind' | 'objectives'>,
  weights: Readonly<Record<string, number>> | undefined,
): void {
  if (weights === undefined || Object.keys(weights).length === 0) return;
  if (headKind === 'gated') {
    throw new AlidadeError({
      code: 'usage',
      message: 'the weights of a gated model come from its gate',
      hint: 'leave --weights out',
    });
  }
  if (headKind === 'judge') {
    throw new AlidadeError({
      code: 'usage',
      message: 'a judge has no objectives to weigh',
      hint: 'leave --weights out',
    });
  }
  const known = objectives.map((objective) => objective.name);
  const unknown = Object.keys(weights).find((objective) => !known.includes(objective));
  if (unknown === undefined) return;
  throw new AlidadeError({
    code: 'usage',
    message: `${name} has no objective ${unknown}`,
    hint: `its objectives: ${known.join(', ')}`,
  });
}
