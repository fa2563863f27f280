import { evaluateParameter } from '../plan/evaluateParameters';
import { effectiveWeights } from '../plan/effectiveWeights';
import {
  recipeModelKey,
  type MergeRecipe,
  type ParameterRule,
  type RecipeModule,
  type RecipeSlice,
  type RecipeSource,
} from '../recipe/mergeRecipe';
import { methodTable } from '../methods/methodTable';
import { tensorPlace } from '../plan/tensorPlace';

/** A slice with two models. */
export interface LayoutSlice {
  readonly slice: RecipeSlice;
  readonly first: number;
  readonly last: number;
  readonly before: RecipeSource;
  readonly after: RecipeSource;
  /** Tensors that the slice makes; embeddings belong to the first, what comes after the layers to the last. */
  readonly tensors: readonly LayoutTensor[];
}

export interface LayoutTensor {
  readonly name: string;
  readonly layer: number | null;
  readonly kind: 'embedding' | 'linear' | 'norm' | 'finalNorm' | 'head';
  /** How far through its slice; mergekit's gradients are read there. */
  readonly t: number;
}

/** A recipe that averages the same two models all the way. */
export interface BlockLayout {
  readonly recipe: MergeRecipe;
  readonly module: RecipeModule;
  readonly before: string;
  readonly after: string;
  readonly slices: readonly LayoutSlice[];
}

/**
 * The slices of a recipe of two models that has all of their layers once and in order; null for any other. The model
 * that stands first is the one before RLHF.
 * @param tensors names of the output's tensors; default: those of Llama
 */
export function blockLayout(
  recipe: MergeRecipe,
  layerCount: number,
  tensors: readonly string[] = usualTensors(layerCount),
): BlockLayout | null {
  const [module, ...others] = recipe.modules;
  if (recipe.method.value !== 'linear' || recipe.baseModel !== null || others.length !== 0) return null;
  const names = module?.slices[0]?.sources.map(({ model }) => recipeModelKey(model)) ?? [];
  const [before, after] = names;
  if (names.length !== 2 || before === after) return null;
  const placed = tensors.map((name) => ({ name, ...tensorPlace(name) }));
  const slices: LayoutSlice[] = [];
  for (const slice of module.slices) {
    const parts = [before, after].map((key) => slice.sources.find(({ model }) => recipeModelKey(model) === key));
    const [one, other] = parts;
    if (one === undefined || other === undefined || slice.sources.length !== 2 || slice.baseModel !== null) return null;
    const [range, otherRange] = [one, other].map(({ layerRange }) => layerRange ?? { start: 0, end: layerCount });
    const first = (slices.at(-1)?.last ?? -1) + 1;
    const last = range.end - 1;
    if (range.start !== first || last < first || otherRange.start !== first || otherRange.end !== range.end)
      return null;
    const isFirst = first === 0;
    const isLast = last === layerCount - 1;
    const made = placed.flatMap(({ name, layer, group }): readonly LayoutTensor[] => {
      if (layer === null) {
        const kind = group === 'embedding' ? 'embedding' : group === 'finalNorm' ? 'finalNorm' : 'head';
        return (kind === 'embedding' ? isFirst : isLast) ? [{ name, layer, kind, t: 0 }] : [];
      }
      if (layer < first || last < layer) return [];
      const t = first === last ? 1 : (layer - first) / (last - first);
      return [{ name, layer, kind: group === 'norm' ? 'norm' : 'linear', t }];
    });
    slices.push({ slice, first, last, before: one, after: other, tensors: made });
  }
  if (slices.at(-1)?.last !== layerCount - 1) return null;
  return { recipe, module, before, after, slices };
}

/** The share of the model before RLHF in a tensor; null: the recipe does not say, or what it says is no average. */
export function shareAt(layout: BlockLayout, part: LayoutSlice, tensor: LayoutTensor): number | null {
  const [own, other] = [part.before, part.after].map((source) => weightAt(layout, part, source, tensor)?.value ?? null);
  if (own === null || other === null) return null;
  const normalise = methodTable.linear.shared.find(({ name }) => name === 'normalize');
  const place = { tensor: tensor.name, t: tensor.t };
  const scopes = scopesOf(layout, part).slice(1);
  const normalize = normalise === undefined || (evaluateParameter(normalise, scopes, place)?.value ?? true);
  // Weights that add up to one but for their rounding are shares as they are written.
  if (Math.abs(own + other - 1) <= 1e-12) return inRange(own);
  if (normalize === false) return null;
  const inputs = [own, other].map((weight) => ({ isBase: false, parameters: { weight } }));
  const share = effectiveWeights('linear', inputs, {})[0];
  return share === null ? null : inRange(share);
}

/** The weight of a source at a tensor, and the rule that gives it. */
export function weightAt(
  layout: BlockLayout,
  part: LayoutSlice,
  source: RecipeSource,
  { name, t }: LayoutTensor,
): { readonly value: number; readonly rule: ParameterRule | null; readonly isOwn: boolean } | null {
  const spec = methodTable.linear.perModel.find(({ name: parameter }) => parameter === 'weight');
  if (spec === undefined) return null;
  const found = evaluateParameter(spec, [source.parameters, ...scopesOf(layout, part)], { tensor: name, t });
  if (found === null) return null;
  const value = typeof found.rule?.value === 'object' ? entryAt(found.rule.value, t) : Number(found.value);
  return { value, rule: found.rule, isOwn: found.parameter === source.parameters.get('weight') };
}

/** As `evaluateValue`, but for what interpolation between equal entries, or at an entry, would round. */
function entryAt(entries: readonly number[], t: number): number {
  const at = t * (entries.length - 1);
  const nearest = Math.round(at);
  if (Math.abs(at - nearest) < 1e-9) return entries[nearest] ?? NaN;
  const [lower, upper] = [entries[Math.floor(at)] ?? NaN, entries[Math.ceil(at)] ?? NaN];
  return lower === upper ? lower : lower + (at - Math.floor(at)) * (upper - lower);
}

function scopesOf({ module, recipe }: BlockLayout, { slice }: LayoutSlice): readonly MergeRecipe['parameters'][] {
  return [slice.parameters, module.parameters, recipe.parameters];
}

function inRange(share: number): number | null {
  return 0 <= share && share <= 1 ? share : null;
}

function usualTensors(layerCount: number): readonly string[] {
  const inLayer = [
    ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `self_attn.${name}.weight`),
    ...['gate_proj', 'up_proj', 'down_proj'].map((name) => `mlp.${name}.weight`),
    'input_layernorm.weight',
    'post_attention_layernorm.weight',
  ];
  const layers = Array.from({ length: layerCount }, (_, layer) =>
    inLayer.map((name) => `model.layers.${layer}.${name}`),
  );
  return ['model.embed_tokens.weight', ...layers.flat(), 'model.norm.weight', 'lm_head.weight'];
}
