import type { Span } from '../../promptFile/locateJson';
import { checkGradients } from './checkGradients';
import { checkWeights } from './checkWeights';
import {
  recipeModelKey,
  type MergeRecipe,
  type ParameterScope,
  type RecipeModel,
  type RecipeModule,
  type RecipeSlice,
  type RecipeSource,
} from './mergeRecipe';
import { methodTable } from '../methods/methodTable';
import type { RecipeProblems } from '../../yaml/recipeProblems';

/** Everything about a recipe that makes no sense whatever its models are. */
export function checkRecipe(recipe: MergeRecipe, problems: RecipeProblems): void {
  for (const module of recipe.modules) {
    for (const slice of module.slices) {
      const base = slice.baseModel ?? recipe.baseModel;
      const place: SlicePlace = { recipe, module, slice, base, sources: withBase(slice, base) };
      checkModels(place, problems);
      checkGiven(place, problems);
      checkLayers(slice, problems);
      checkWeights(place, problems);
    }
  }
  checkGradients(recipe, problems);
}

/** A slice with all that decides about it. */
export interface SlicePlace {
  readonly recipe: MergeRecipe;
  readonly module: RecipeModule;
  readonly slice: RecipeSlice;
  readonly base: RecipeModel | null;
  /** Those of the slice; where it lists models without layers, a base that is not among them comes last. */
  readonly sources: readonly RecipeSource[];
}

function withBase({ sources }: RecipeSlice, base: RecipeModel | null): readonly RecipeSource[] {
  if (base === null || sources.some(({ model, layerRange }) => layerRange !== null || isSame(model, base)))
    return sources;
  return [...sources, { model: base, layerRange: null, parameters: new Map(), span: base.span }];
}

function isSame(a: RecipeModel, b: RecipeModel): boolean {
  return recipeModelKey(a) === recipeModelKey(b);
}

/** The scopes in which a parameter of a source, or (null) of all of them is looked for, the nearest first. */
export function scopesOf(
  { recipe, module, slice }: SlicePlace,
  source: RecipeSource | null,
): readonly ParameterScope[] {
  return [...(source === null ? [] : [source.parameters]), slice.parameters, module.parameters, recipe.parameters];
}

/** The sources that have parameters of their own: all but a base that the method knows as one. */
export function weightedSources({ recipe, sources, base }: SlicePlace): readonly RecipeSource[] {
  const spec = methodTable[recipe.method.value];
  if (base === null || spec.base === 'none') return sources;
  return sources.filter(({ model }) => !isSame(model, base));
}

function checkModels(place: SlicePlace, problems: RecipeProblems): void {
  const { recipe, slice, base, sources } = place;
  const { value: method } = recipe.method;
  const spec = methodTable[method];
  const seen = new Set<string>();
  for (const { model } of sources) {
    const key = recipeModelKey(model);
    if (seen.has(key)) problems.error('model_twice', `\`${key}\` is among the models twice`, model.span);
    seen.add(key);
  }
  if (base === null && (spec.base === 'required' || spec.base === 'input')) {
    const which = spec.base === 'input' ? 'one of its models as `base_model`' : 'a `base_model`';
    problems.error('base_missing', `\`${method}\` needs ${which}`, recipe.method.span);
  } else if (base !== null && spec.base !== 'none' && !seen.has(recipeModelKey(base))) {
    const message = `the base \`${recipeModelKey(base)}\` is not among the sources of this slice`;
    problems.error('base_not_listed', message, slice.sources[0]?.model.span ?? slice.span);
  }
  checkCount(place, problems);
}

function checkCount(place: SlicePlace, problems: RecipeProblems): void {
  const { recipe, slice, base, sources } = place;
  const { value: method, span } = recipe.method;
  const spec = methodTable[method];
  const isBeside = base !== null && (spec.base === 'required' || spec.base === 'optional');
  const counted = isBeside ? weightedSources(place) : sources;
  // Without its base nobody knows which models are beside it.
  if (base === null && spec.base === 'required') return;
  const { least, most } = spec.models;
  if (least <= counted.length && (most === null || counted.length <= most)) return;
  const range = most === null ? `at least ${least}` : least === most ? String(least) : `${least} to ${most}`;
  const beside = isBeside ? ' besides the base' : spec.base === 'input' ? ', the base among them' : '';
  const models = range === '1' ? 'one model' : `${range} models`;
  const found = counted.length === 1 ? 'there is one' : `there are ${counted.length}`;
  const added = counted.some((source) => !slice.sources.includes(source))
    ? ' (`base_model` is added to those that are listed)'
    : '';
  const where: Span = (most !== null && most < counted.length ? counted[most]?.model.span : undefined) ?? span;
  problems.error('model_count', `\`${method}\` merges ${models}${beside}: ${found}${added}`, where);
}

/** What has to be given, and nothing gives. Where only some tensors have it, the plan says so. */
function checkGiven(place: SlicePlace, problems: RecipeProblems): void {
  const { recipe, slice } = place;
  const { value: method, span } = recipe.method;
  const spec = methodTable[method];
  const isGiven = (name: string, source: RecipeSource | null): boolean =>
    scopesOf(place, source).some((scope) => scope.has(name));
  for (const { name, fallback } of spec.shared) {
    if (fallback !== null || isGiven(name, null)) continue;
    problems.error('missing_parameter', `\`${method}\` needs \`${name}\` under \`parameters\``, span);
  }
  for (const source of weightedSources(place)) {
    for (const { name, fallback } of spec.perModel) {
      if (fallback !== null || isGiven(name, source)) continue;
      const message = !slice.sources.includes(source)
        ? `\`${method}\` takes no base: this becomes one more model, and has no \`${name}\`. List it with one, or leave it out`
        : `\`${name}\` of \`${recipeModelKey(source.model)}\` is missing`;
      problems.error('missing_parameter', message, source.model.span);
    }
  }
}

function checkLayers({ sources }: RecipeSlice, problems: RecipeProblems): void {
  const ranges = sources.flatMap(({ layerRange }) => layerRange ?? []);
  const [first] = ranges;
  if (first === undefined) return;
  const count = first.end - first.start;
  for (const { start, end, span } of ranges) {
    if (end - start === count) continue;
    const message = `these are ${end - start} layers, those of the first source ${count}: a slice takes as many of each`;
    problems.error('layer_range', message, span);
  }
}
