import type { ParameterRule, ParameterScope, ParameterValue, RecipeParameter } from '../recipe/mergeRecipe';
import type { MethodParameter } from '../methods/methodTable';

/** Where a parameter is looked for, the nearest scope first: source, slice, module, document. */
export type ScopeChain = readonly ParameterScope[];

export interface EvaluatedParameter {
  readonly value: number | boolean;
  /** The rule that it comes from; null: it is the method's own. */
  readonly rule: ParameterRule | null;
  readonly parameter: RecipeParameter | null;
}

export interface EvaluationPlace {
  /** By which filters are chosen: of the input for parameters of a model, else of the output. */
  readonly tensor: string;
  /** How far through its slice, 0 to 1; 0 outside the layers, 1 in a slice of one layer. */
  readonly t: number;
}

/**
 * A parameter at a tensor, as mergekit finds it: the first rule of the nearest scope whose filter is part of the tensor's
 * name; where none of a scope is, the next scope is asked. Null: nothing gives it, and it has to be given.
 */
export function evaluateParameter(
  spec: Pick<MethodParameter, 'name' | 'kind' | 'fallback'>,
  scopes: ScopeChain,
  place: EvaluationPlace,
): EvaluatedParameter | null {
  for (const scope of scopes) {
    const parameter = scope.get(spec.name);
    const rule = parameter?.rules.find(({ filter }) => matches(filter, place.tensor));
    if (parameter === undefined || rule === undefined) continue;
    const value = evaluateValue(rule.value, place.t);
    if (value === null) continue;
    return { value: spec.kind === 'boolean' ? Boolean(value) : Number(value), rule, parameter };
  }
  return spec.fallback === null ? null : { value: spec.fallback, rule: null, parameter: null };
}

/** Linear between evenly spaced entries; booleans do not mix. Null for an empty list. */
export function evaluateValue(value: ParameterValue, t: number): number | boolean | null {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value.length === 0) return null;
  const at = t * (value.length - 1);
  const lower = Math.floor(at);
  const upper = Math.min(value.length - 1, lower + 1);
  const share = at - lower;
  return (1 - share) * value[lower] + share * value[upper];
}

function matches(filter: string | null, tensor: string): boolean {
  return filter === null || filter === '*' || tensor.includes(filter);
}
