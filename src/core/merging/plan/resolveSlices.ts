import type { Span } from '../../promptFile/locateJson';
import type {
  MergeRecipe,
  ParameterScope,
  RecipeModel,
  RecipeModule,
  RecipeSlice,
  RecipeSource,
} from '../recipe/mergeRecipe';
import type { RecipeProblem } from '../../yaml/recipeProblem';
import { recipeModelKey } from '../recipe/mergeRecipe';
import type { MergeSource } from './mergeSource';
import { methodTable } from '../methods/methodTable';

/** A model's part in a slice, with what is known of the model. */
export interface SliceSource {
  readonly key: string;
  readonly model: RecipeModel;
  readonly source: MergeSource;
  /** The first of its layers. */
  readonly firstLayer: number;
  readonly parameters: ParameterScope;
  /** It is the recipe's base, whether the method knows a base or not. */
  readonly isBase: boolean;
}

/** Some layers of the output. */
export interface OutputSlice {
  readonly sources: readonly SliceSource[];
  /** Index into `sources`; null: the method has none. */
  readonly base: number | null;
  /** Index into `sources`: whose tensors the output has. The recipe's base, else the first. */
  readonly donor: number;
  readonly layers: number;
  /** Behind those of a source. */
  readonly scopes: readonly ParameterScope[];
  readonly span: Span;
}

export interface SliceParams {
  readonly recipe: MergeRecipe;
  readonly module: RecipeModule;
  readonly sources: ReadonlyMap<string, MergeSource>;
  /** Filled. */
  readonly problems: RecipeProblem[];
}

const mostLayers = 10_000;
const noParameters: ParameterScope = new Map();

/**
 * The slices of a module with their models, layers and bases, as mergekit makes them: a base that a list of models lacks
 * is added behind them. Null where a model is not known or layers do not fit.
 */
export function resolveSlices({ recipe, module, sources, problems }: SliceParams): readonly OutputSlice[] | null {
  const slices = module.slices.map((slice) => resolveSlice({ recipe, module, slice, sources, problems }));
  const known = slices.filter((slice) => slice !== null);
  const layers = known.reduce((sum, slice) => sum + slice.layers, 0);
  if (mostLayers < layers) {
    const message = `the output would have ${layers} layers, more than any model`;
    problems.push({ code: 'layer_count', severity: 'error', message, span: recipe.method.span });
    return null;
  }
  return known.length === slices.length ? known : null;
}

function resolveSlice({
  recipe,
  module,
  slice,
  sources,
  problems,
}: SliceParams & { readonly slice: RecipeSlice }): OutputSlice | null {
  const method = recipe.method.value;
  const baseModel = slice.baseModel ?? recipe.baseModel;
  const baseKey = baseModel === null ? null : recipeModelKey(baseModel);
  const isList = slice.sources.every(({ layerRange }) => layerRange === null);
  const parts: SliceSource[] = [];
  const lengths: (number | null)[] = [];
  for (const part of slice.sources) {
    const key = recipeModelKey(part.model);
    const source = sources.get(key);
    if (source === undefined) return null;
    parts.push({
      key,
      model: part.model,
      source,
      firstLayer: part.layerRange?.start ?? 0,
      parameters: part.parameters,
      isBase: key === baseKey,
    });
    lengths.push(countLayers(part, source, problems));
  }
  const hasBase = baseKey !== null && parts.some(({ key }) => key === baseKey);
  if (isList && baseModel !== null && baseKey !== null && !hasBase) {
    const source = sources.get(baseKey);
    if (source === undefined) return null;
    parts.push({ key: baseKey, model: baseModel, source, firstLayer: 0, parameters: noParameters, isBase: true });
    lengths.push(source.layerCount);
  }
  const [layers = null] = lengths;
  if (layers === null || lengths.includes(null)) return null;
  const uneven = lengths.findIndex((length) => length !== lengths[0]);
  if (0 < uneven) {
    // Ranges of different lengths have been told: they can be seen in the recipe alone.
    if (!isList) return null;
    const [first, other] = [parts[0], parts[uneven]];
    const message =
      `${other.key} has ${lengths[uneven]} layers, ${first.key} has ${lengths[0]}: ` +
      'a list of models takes all layers of each; slices with layer_range say which belong together';
    problems.push({ code: 'layer_count', severity: 'error', message, span: other.model.span });
    return null;
  }
  const place = parts.findIndex(({ key }) => key === baseKey);
  return {
    sources: parts,
    base: place < 0 || methodTable[method].base === 'none' ? null : place,
    donor: Math.max(0, place),
    layers,
    scopes: [slice.parameters, module.parameters, recipe.parameters],
    span: slice.span,
  };
}

/** Layers that a source gives; null where the range lies outside of the model, which is told. */
function countLayers(
  { layerRange, model }: RecipeSource,
  source: MergeSource,
  problems: RecipeProblem[],
): number | null {
  if (layerRange === null) return source.layerCount;
  const { start, end, span } = layerRange;
  const isWhole = Number.isInteger(start) && Number.isInteger(end);
  if (isWhole && 0 <= start && start < end && end <= source.layerCount) return end - start;
  const message = `${recipeModelKey(model)} has ${source.layerCount} layers: a range lies between 0 and ${source.layerCount}`;
  problems.push({ code: 'layer_range', severity: 'error', message, span });
  return null;
}
