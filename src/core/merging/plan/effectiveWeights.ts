import type { MergeMethod } from '../methods/mergeMethod';
import type { MethodParameters } from './mergePlan';

export interface WeightedInput {
  readonly isBase: boolean;
  readonly parameters: MethodParameters;
}

/**
 * The share of each input in the result, where the result is linear in the inputs; null for each where it is not.
 * Shares add up to one for averages, and for sums of differences with the base's.
 */
export function effectiveWeights(
  method: MergeMethod,
  inputs: readonly WeightedInput[],
  shared: MethodParameters,
): readonly (number | null)[] {
  const weights = inputs.map(({ parameters }) => Number(parameters['weight'] ?? 0));
  if (method === 'passthrough') return inputs.map(({ parameters }) => Number(parameters['scale'] ?? 1));
  if (method === 'linear') {
    const sum = shared['normalize'] === false ? 1 : weights.reduce((total, weight) => total + weight, 0);
    return weights.map((weight) => weight / sum);
  }
  const isDense = method === 'dare_linear' && inputs.every(({ isBase, parameters }) => isBase || isWhole(parameters));
  if (method !== 'task_arithmetic' && !isDense) return inputs.map(() => null);
  const others = weights.filter((_, index) => !inputs[index].isBase);
  const sum = others.reduce((total, weight) => total + weight, 0);
  const divisor = shared['normalize'] === true && 1e-8 <= Math.abs(sum) ? sum : 1;
  const scale = Number(shared['lambda'] ?? 1) / divisor;
  return inputs.map(({ isBase }, index) => (isBase ? 1 - scale * sum : scale * weights[index]));
}

function isWhole(parameters: MethodParameters): boolean {
  return 1 <= Number(parameters['density'] ?? 1);
}
