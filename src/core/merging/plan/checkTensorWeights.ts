import type { EvaluatedParameter } from './evaluateParameters';
import type { TensorPlace } from './joinTensor';
import type { MergeMethod } from '../methods/mergeMethod';
import type { MethodParameters } from './mergePlan';
import type { MergeRecipe } from '../recipe/mergeRecipe';
import { methodTable } from '../methods/methodTable';
import type { ProblemCollector } from '../recipe/problemCollector';

export interface TensorWeights {
  readonly method: MergeMethod;
  /** Of each model. */
  readonly inputs: readonly { readonly parameters: MethodParameters }[];
  readonly shared: MethodParameters;
  readonly place: TensorPlace;
  /** Every parameter that was evaluated, with where it comes from. */
  readonly rules: readonly EvaluatedParameter[];
  readonly recipe: MergeRecipe;
  readonly problems: ProblemCollector;
}

/**
 * Weights of one tensor that add up to nothing, or to far from one where they should. Those that are the same for all
 * tensors have been looked at before, in the recipe alone (`constantWeights`).
 */
export function checkTensorWeights(params: TensorWeights): void {
  const { method, inputs, shared, place, rules, recipe, problems } = params;
  const { averages } = methodTable[method];
  const given = rules.filter(({ parameter }) => parameter?.name === 'weight');
  if (!averages || given.every(({ rule }) => rule?.filter === null && typeof rule.value === 'number')) return;
  const weights = inputs.flatMap(({ parameters: { weight } }) => (typeof weight === 'number' ? [weight] : []));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const size = weights.reduce((total, weight) => total + Math.abs(weight), 0);
  const span = given.at(-1)?.rule?.span ?? recipe.method.span;
  const isDivided = shared['normalize'] === true || shared['normalize_weights'] === true || method === 'nuslerp';
  const what = `the weights of ${place.name} (${weights.map(short).join(', ')})`;
  if (!isDivided) {
    if (Math.abs(sum - 1) <= 0.01) return;
    const message = `${what} sum to ${short(sum)} and are not normalised`;
    problems.addForTensor('weights_sum', 'warning', message, span);
  } else if (Math.abs(sum) <= 1e-6 * size) {
    const isHarmless = method === 'nuslerp';
    const outcome = isHarmless ? 'both models count the same' : 'divided by their sum, nothing finite remains';
    const message = `${what} sum to about zero: ${outcome}`;
    problems.addForTensor('weights_cancel', isHarmless ? 'warning' : 'error', message, span);
  } else if (Math.abs(sum) <= 0.1 * size) {
    const message = `${what} nearly cancel: divided by their sum, ${short(sum)}, they become large`;
    problems.addForTensor('weights_cancel', 'warning', message, span);
  }
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
