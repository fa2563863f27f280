import { effectiveCoefficients } from './effectiveCoefficients';
import type { ObjectiveContribution, RewardBreakdown } from './rewardBreakdown';

/** What makes coefficients of a gate's outputs. */
export interface GateDescription {
  readonly temperature: number;
  /** M, [objectives, objectives] row by row, used as r·M. */
  readonly transform: readonly number[];
}

/** What a user would have otherwise about a model with a gate. */
export interface GateAdjustment {
  /** Factors on the coefficients by objective; 1 where none is named. */
  readonly factors: Readonly<Record<string, number>>;
  /** In the place of the gate's own; null: that. */
  readonly temperature: number | null;
}

export const noAdjustment: GateAdjustment = { factors: {}, temperature: null };

export function isAdjusted({ factors, temperature }: GateAdjustment, gate: GateDescription): boolean {
  const isOtherTemperature = temperature !== null && temperature !== gate.temperature;
  return isOtherTemperature || Object.values(factors).some((factor) => factor !== 1);
}

/**
 * The same rewards under an adjusted gate, without the gate's input: what g = s·softmax(x/T) is at another temperature
 * follows from g alone, s·softmax(x/T′) = s · g^(T/T′) / Σ g^(T/T′), since the gates add up to s. Then c = g·Mᵀ, times
 * the factors; the score is again the sum of the contributions in their order.
 * A breakdown without gates is returned as it is.
 */
export function adjustBreakdown<Breakdown extends RewardBreakdown>(
  breakdown: Breakdown,
  gate: GateDescription,
  adjustment: GateAdjustment,
): Breakdown {
  const gates = breakdown.objectives.flatMap((objective) => objective.gate ?? []);
  if (gates.length !== breakdown.objectives.length || !isAdjusted(adjustment, gate)) return breakdown;
  const adjusted = adjustGates(gates, gate, adjustment);
  const objectives = breakdown.objectives.map((objective, index): ObjectiveContribution => {
    const coefficient = adjusted.coefficients?.[index] ?? objective.coefficient;
    const weighed = coefficient * factorOf(adjustment, objective.name);
    return {
      ...objective,
      gate: adjusted.gates[index],
      coefficient: weighed,
      contribution: weighed * objective.reward,
    };
  });
  const score = objectives.reduce((sum, { contribution }) => sum + contribution, 0);
  return { ...breakdown, objectives, score };
}

function adjustGates(
  gates: readonly number[],
  { temperature: own, transform }: GateDescription,
  { temperature }: GateAdjustment,
): { readonly gates: readonly number[]; readonly coefficients: readonly number[] | null } {
  // Nothing is rounded a second time where the gate stays as it is.
  if (temperature === null || temperature === own) return { gates, coefficients: null };
  const scale = gates.reduce((sum, value) => sum + value, 0);
  const largest = Math.max(...gates.map((value) => value / scale));
  const powers = gates.map((value) => (value / scale / largest) ** (own / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const adjusted = powers.map((power) => (scale * power) / total);
  return { gates: adjusted, coefficients: effectiveCoefficients(adjusted, transform) };
}

function factorOf({ factors }: GateAdjustment, name: string): number {
  return Object.hasOwn(factors, name) ? factors[name] : 1;
}
