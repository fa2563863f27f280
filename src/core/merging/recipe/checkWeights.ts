import type { Span } from '../../promptFile/locateJson';
import { scopesOf, weightedSources, type SlicePlace } from './checkRecipe';
import { methodTable } from '../methods/methodTable';
import type { ParameterScope } from './mergeRecipe';
import type { RecipeProblems } from '../../yaml/recipeProblems';

/** Sums smaller than this share of what is added up count as zero. */
const cancelled = 1e-6;
/** As far from one as rounding of what people write goes. */
const tolerance = 0.01;

interface ConstantWeights {
  readonly sum: number;
  /** Of the absolute values. */
  readonly size: number;
  readonly isNormalised: boolean;
  /** Where the last of the weights is written. */
  readonly span: Span;
}

/**
 * The weights of a slice where each is one number, the same for all its tensors; null where they are not. Those that
 * differ between tensors are looked at in the plan, tensor by tensor.
 */
export function constantWeights(place: SlicePlace): ConstantWeights | null {
  const spec = methodTable[place.recipe.method.value];
  if (!spec.perModel.some(({ name }) => name === 'weight')) return null;
  const weights = weightedSources(place).map((source) => constantOf('weight', scopesOf(place, source)));
  const numbers = weights.flatMap((weight) => (typeof weight?.value === 'number' ? [weight.value] : []));
  const span = weights.at(-1)?.span;
  if (span === undefined || numbers.length < weights.length) return null;
  const option = spec.shared.find(({ name }) => name === 'normalize' || name === 'normalize_weights');
  const given = option === undefined ? null : constantOf(option.name, scopesOf(place, null));
  return {
    sum: numbers.reduce((sum, weight) => sum + weight, 0),
    size: numbers.reduce((sum, weight) => sum + Math.abs(weight), 0),
    isNormalised: option === undefined ? true : Boolean(given?.value ?? option.fallback),
    span,
  };
}

function constantOf(
  name: string,
  scopes: readonly ParameterScope[],
): { readonly value: number | boolean; readonly span: Span } | null {
  for (const scope of scopes) {
    const [rule] = scope.get(name)?.rules ?? [];
    if (rule === undefined) continue;
    const { filter, value, span } = rule;
    return filter === null && (typeof value === 'number' || typeof value === 'boolean') ? { value, span } : null;
  }
  return null;
}

/** Weights that sum to about zero, or to something far from one, where that is not what anybody wants. */
export function checkWeights(place: SlicePlace, problems: RecipeProblems): void {
  const weights = constantWeights(place);
  if (weights === null) return;
  const { value: method } = place.recipe.method;
  const { averages } = methodTable[method];
  const { sum, size, isNormalised, span } = weights;
  if (!isNormalised) {
    if (!averages || Math.abs(sum - 1) <= tolerance) return;
    const message =
      `the weights sum to ${shortNumber(sum)} and are not normalised: ` +
      `the result is ${shortNumber(sum)} times an average of the models`;
    problems.warning('weights_sum', message, span);
  } else if (Math.abs(sum) <= cancelled * size) {
    const message = `the weights sum to ${size === 0 ? 'zero' : 'about zero'}`;
    if (method === 'linear' || method === 'multislerp') {
      problems.error('weights_cancel', `${message}: divided by their sum, nothing finite remains`, span);
    } else {
      const instead = method === 'nuslerp' ? 'both models count the same' : 'they are not normalised';
      problems.warning('weights_cancel', `${message}: ${instead}`, span);
    }
  } else if (Math.abs(sum) <= 0.1 * size) {
    const factor = shortNumber(size / Math.abs(sum));
    const message = `the weights nearly cancel (their sum is ${shortNumber(sum)}): normalised, they are ${factor} times as large`;
    problems.warning('weights_cancel', message, span);
  }
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
