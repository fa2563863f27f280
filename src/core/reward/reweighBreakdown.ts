import { AlidadeError } from '../alidadeError';
import type { RewardBreakdown } from './rewardBreakdown';

/**
 * The same rewards under other coefficients, for models without a gate.
 *
 * Objectives that `weights` does not name keep their coefficient. The score is again the sum of the contributions in
 * their order, in double precision, so a reweighed breakdown equals one scored with these weights from the start.
 *
 * @throws AlidadeError `usage` for a gated breakdown (its coefficients come from the prompt), a name that is no objective
 * of it, or a weight that is not a finite number.
 */
export function reweighBreakdown<Breakdown extends RewardBreakdown>(
  breakdown: Breakdown,
  weights: Readonly<Record<string, number>>,
): Breakdown {
  const names = new Set(breakdown.objectives.map(({ name }) => name));
  for (const [name, weight] of Object.entries(weights)) {
    if (!names.has(name)) {
      throw new AlidadeError({
        code: 'usage',
        message: `no objective is called ${JSON.stringify(name)}`,
        hint: `use one of ${[...names].join(', ')}`,
      });
    }
    if (!Number.isFinite(weight)) {
      throw new AlidadeError({ code: 'usage', message: `the weight of ${name} is not a finite number` });
    }
  }
  if (breakdown.objectives.some(({ gate }) => gate !== undefined)) {
    throw new AlidadeError({
      code: 'usage',
      message: 'the coefficients of a gated model come from its gate and cannot be set',
    });
  }
  const objectives = breakdown.objectives.map((objective) => {
    const coefficient = Object.hasOwn(weights, objective.name) ? weights[objective.name] : objective.coefficient;
    return { ...objective, coefficient, contribution: coefficient * objective.reward };
  });
  const score = objectives.reduce((sum, { contribution }) => sum + contribution, 0);
  return { ...breakdown, objectives, score };
}
