import type { YamlEntry, YamlValue } from '../../yaml/yamlValue';
import { unknownName } from '../../yaml/checkValue';
import { textOf, YamlReader } from '../../yaml/yamlReader';
import type { ParameterRule, ParameterScope, ParameterValue, RecipeParameter } from './mergeRecipe';
import { mergeMethods, type MergeMethod } from '../methods/mergeMethod';
import type { MethodParameter } from '../methods/methodTable';
import { methodParameters, type ParameterPlace } from './recipeKeys';
import type { RecipeProblems } from '../../yaml/recipeProblems';

export interface ParametersParams {
  /** null: it is not known, and values are not held against it. */
  readonly method: MergeMethod | null;
  readonly place: ParameterPlace;
  readonly problems: RecipeProblems;
}

/** The `parameters` of a model, a slice, a module or a recipe; what is wrong with them is left out and reported. */
export function readRecipeParameters(value: YamlValue | undefined, params: ParametersParams): ParameterScope {
  const scope = new Map<string, RecipeParameter>();
  if (value === undefined || value.kind === 'null') return scope;
  if (value.kind !== 'mapping') {
    params.problems.error('wrong_value', 'parameters are a mapping of names and values', value.span);
    return scope;
  }
  for (const entry of value.entries) {
    const spec = findParameter(entry, params);
    if (spec === null) continue;
    const rules = readRules(spec, entry.value, params.problems);
    // Without rules too: it is there, though it cannot be read.
    scope.set(entry.key, { name: entry.key, nameSpan: entry.keySpan, rules });
  }
  return scope;
}

/** The parameters of all methods by their names; where several have one, it is of one kind. */
const parametersOfAll: ReadonlyMap<string, MethodParameter> = new Map(
  mergeMethods.flatMap((method) =>
    methodParameters(method, 'shared').map((parameter) => [parameter.name, parameter] as const),
  ),
);

/** What is known of a parameter; null where it has no effect. */
function findParameter(
  { key, keySpan }: YamlEntry,
  { method, place, problems }: ParametersParams,
): MethodParameter | null {
  const ofAny = parametersOfAll.get(key);
  const ofMethod = method === null ? null : methodParameters(method, 'shared');
  if (ofAny === undefined) {
    const names = ofMethod?.map(({ name }) => name) ?? [...parametersOfAll.keys()];
    problems.add({
      code: 'unknown_parameter',
      severity: 'error',
      ...unknownName('parameter', key, names),
      span: keySpan,
    });
    return null;
  }
  // The bounds of one method are not those of another.
  if (method === null) return { name: key, kind: ofAny.kind, fallback: null, description: '' };
  const found = ofMethod?.find(({ name }) => name === key);
  if (found === undefined) {
    problems.warning('unused_parameter', `\`${method}\` has no \`${key}\`: it changes nothing`, keySpan);
    return null;
  }
  if (place === 'model' && !methodParameters(method, 'model').includes(found)) {
    const message = `\`${key}\` is given once for all models, under \`parameters\` of the recipe: here it changes nothing`;
    problems.warning('misplaced_parameter', message, keySpan);
    return null;
  }
  return found;
}

function readRules(spec: MethodParameter, value: YamlValue, problems: RecipeProblems): readonly ParameterRule[] {
  if (isConditional(value)) return readConditions(spec, [value], problems);
  if (value.kind === 'list' && value.items.some(isConditional)) return readConditions(spec, value.items, problems);
  const read = readValue(spec, value, problems);
  return read === null ? [] : [{ filter: null, value: read, span: value.span }];
}

function isConditional({ kind }: YamlValue): boolean {
  return kind === 'mapping';
}

function readConditions(
  spec: MethodParameter,
  items: readonly YamlValue[],
  problems: RecipeProblems,
): readonly ParameterRule[] {
  const rules: ParameterRule[] = [];
  for (const item of items) {
    if (item.kind !== 'mapping') {
      problems.error(
        'parameter_value',
        'either numbers or mappings with `filter` and `value` stand in a list',
        item.span,
      );
      continue;
    }
    for (const { key, keySpan } of item.entries) {
      if (key === 'filter' || key === 'value') continue;
      const unknown = unknownName('key', key, ['filter', 'value']);
      problems.add({ code: 'unknown_key', severity: 'error', ...unknown, span: keySpan });
    }
    const reader = new YamlReader(item);
    const given = reader.get('value')?.value;
    const filter = readFilter(reader.get('filter')?.value, problems);
    if (given === undefined) {
      problems.error('missing_key', '`value` is missing', item.entries[0]?.keySpan ?? item.span);
      continue;
    }
    const value = readValue(spec, given, problems);
    if (filter === undefined || value === null) continue;
    // What fits this filter fits one that is a part of it, too.
    if (rules.some((rule) => rule.filter === null || filter?.includes(rule.filter) === true)) {
      const message = 'this is never reached: what is above it fits all of these tensors';
      problems.warning('unreachable_rule', message, item.span);
    }
    rules.push({ filter, value, span: given.span });
  }
  return rules;
}

/** null: for all tensors; undefined: it is not to be read. */
function readFilter(value: YamlValue | undefined, problems: RecipeProblems): string | null | undefined {
  if (value === undefined || value.kind === 'null') return null;
  const text = textOf(value);
  if (text === null) {
    problems.error('parameter_value', 'a filter is a part of the names of tensors, such as `mlp`', value.span);
    return undefined;
  }
  return text.value === '' || text.value === '*' ? null : text.value;
}

function readValue(spec: MethodParameter, value: YamlValue, problems: RecipeProblems): ParameterValue | null {
  if (value.kind !== 'list') return readScalar(spec, value, problems);
  if (spec.kind === 'boolean') {
    problems.error('parameter_value', `\`${spec.name}\` is true or false, for all layers`, value.span);
    return null;
  }
  if (value.items.length === 0) {
    problems.error('parameter_value', 'the list is empty', value.span);
    return null;
  }
  const numbers: number[] = [];
  for (const item of value.items) {
    const number = readScalar(spec, item, problems);
    if (typeof number === 'number') numbers.push(number);
  }
  return numbers.length === value.items.length ? numbers : null;
}

/** Values as mergekit takes them: numbers in quotation marks, `yes` and `no`. */
function readScalar(spec: MethodParameter, value: YamlValue, problems: RecipeProblems): number | boolean | null {
  const { name, kind, least = -Infinity, most = Infinity, isInteger = false } = spec;
  const { span } = value;
  const source = textOf(value)?.value.trim() ?? '';
  if (kind === 'boolean') {
    const truth = truthOf(source);
    if (truth === null) problems.error('parameter_value', `\`${name}\` is true or false`, span);
    return truth;
  }
  const number = value.kind === 'number' ? value.value : value.kind === 'text' && source !== '' ? Number(source) : NaN;
  const refuse = (code: string, message: string): null => {
    problems.error(code, message, span);
    return null;
  };
  if (!Number.isFinite(number)) return refuse('parameter_value', `\`${name}\` is a finite number`);
  if (isInteger && !Number.isInteger(number)) return refuse('parameter_value', `\`${name}\` is a whole number`);
  if (number < least) return refuse('parameter_range', `\`${name}\` is at least ${least}: ${source} means nothing`);
  if (most < number) return refuse('parameter_range', `\`${name}\` is at most ${most}: ${source} means nothing`);
  return number;
}

/** As YAML 1.1 has it, which mergekit reads. */
function truthOf(source: string): boolean | null {
  if (/^(true|yes|on|1)$/i.test(source)) return true;
  return /^(false|no|off|0)$/i.test(source) ? false : null;
}
