import type { EvaluatedParameter } from './evaluateParameters';
import type { TensorInput, TensorPlace } from './joinTensor';
import type { MergeMethod } from './mergeMethod';
import type { MethodParameters } from './mergePlan';
import type { MergeRecipe } from './mergeRecipe';
import { methodTable } from './methodTable';
import type { ProblemCollector } from './problemCollector';

export interface CheckWeightsParams {
  readonly method: MergeMethod;
  readonly inputs: readonly { readonly input: TensorInput; readonly parameters: MethodParameters }[];
  readonly shared: MethodParameters;
  readonly place: TensorPlace;
  /** Every parameter that was evaluated, with where it comes from. */
  readonly rules: readonly EvaluatedParameter[];
  readonly recipe: MergeRecipe;
  readonly problems: ProblemCollector;
}

/** Weights that add up to nothing, or to far from one where they should; gradients outside of the layers. */
export function checkWeights(params: CheckWeightsParams): void {
  checkSum(params);
  checkGradients(params);
}

function checkSum({ method, inputs, shared, place, rules, recipe, problems }: CheckWeightsParams): void {
  const weights = inputs.flatMap(({ parameters: { weight } }) => (typeof weight === 'number' ? [weight] : []));
  if (weights.length === 0) return;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const size = weights.reduce((total, weight) => total + Math.abs(weight), 0);
  const span = rules.find(({ parameter }) => parameter?.name === 'weight')?.rule?.span ?? recipe.method.span;
  const isDivided = shared['normalize'] === true || shared['normalize_weights'] === true || method === 'nuslerp';
  const { averages } = methodTable[method];
  const shown = weights.map((weight) => short(weight)).join(', ');
  if (averages && isDivided && Math.abs(sum) <= 1e-8) {
    const message = `the weights of ${place.name} (${shown}) add up to zero: there is nothing to divide by`;
    problems.addForTensor('weights_sum', 'error', message, span);
  } else if (averages && isDivided && Math.abs(sum) < 0.05 * size) {
    const message = `the weights of ${place.name} (${shown}) nearly cancel: divided by their sum, ${short(sum)}, they become very large`;
    problems.addForTensor('weights_sum', 'warning', message, span);
  } else if (averages && !isDivided && 0.01 < Math.abs(sum - 1)) {
    const message = `the weights of ${place.name} (${shown}) add up to ${short(sum)}, not to 1, and normalize is off: the result is scaled by that`;
    problems.addForTensor('weights_sum', 'warning', message, span);
  }
}

function checkGradients({ place, rules, problems }: CheckWeightsParams): void {
  if (place.layer !== null) return;
  for (const { rule, parameter, value } of rules) {
    if (rule === null || parameter === null || !Array.isArray(rule.value)) continue;
    const entries = rule.value as readonly number[];
    if (entries.every((entry) => entry === entries[0])) continue;
    const message = `${place.name} is outside the layers and gets the first entry of the gradient of ${parameter.name}, ${short(Number(value))}`;
    problems.addForTensor('gradient_outside_layers', 'information', message, rule.span);
  }
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
