import type { Span } from '../../promptFile/locateJson';
import type { RecipeProblem } from '../../yaml/recipeProblem';
import type { MergeDtype, MergeMethod } from '../methods/mergeMethod';

/** Something that a recipe says, with its place in the text. */
export interface Placed<Value> {
  readonly value: Value;
  readonly span: Span;
}

/** A model as a recipe names it: `path`, `org/name@revision`, `base+adapter`, or the object form. */
export interface RecipeModel {
  /** Path or hub id, or the name of an earlier document. */
  readonly path: string;
  readonly revision: string | null;
  /** A LoRA adapter on it. */
  readonly adapter: { readonly path: string; readonly revision: string | null } | null;
  readonly span: Span;
}

/** The same text for the same model: what the sources of a plan are found by. */
export function recipeModelKey({ path, revision, adapter }: Omit<RecipeModel, 'span'>): string {
  const base = revision === null ? path : `${path}@${revision}`;
  if (adapter === null) return base;
  return `${base}+${adapter.revision === null ? adapter.path : `${adapter.path}@${adapter.revision}`}`;
}

/** One value, or a gradient over the layers of a slice: linear between entries that are spaced evenly. */
export type ParameterValue = number | boolean | readonly number[];

/** A value for the tensors whose names contain `filter`; null: for all. */
export interface ParameterRule extends Placed<ParameterValue> {
  readonly filter: string | null;
}

/** A parameter as one scope gives it: the first rule that fits a tensor counts; none: the next scope is asked. */
export interface RecipeParameter {
  readonly name: string;
  readonly nameSpan: Span;
  readonly rules: readonly ParameterRule[];
}

/** By name. */
export type ParameterScope = ReadonlyMap<string, RecipeParameter>;

/** A model's part in a slice. */
export interface RecipeSource {
  readonly model: RecipeModel;
  /** `[start, end)`; null: all layers. */
  readonly layerRange: { readonly start: number; readonly end: number; readonly span: Span } | null;
  readonly parameters: ParameterScope;
  readonly span: Span;
}

/** Layers of the output, made of as many layers of each source. */
export interface RecipeSlice {
  readonly sources: readonly RecipeSource[];
  /** Goes before the recipe's. */
  readonly baseModel: RecipeModel | null;
  readonly parameters: ParameterScope;
  readonly span: Span;
}

export interface RecipeModule {
  /** `default` where the recipe has no modules. */
  readonly name: string;
  /** One slice without layer ranges where the recipe lists `models`. */
  readonly slices: readonly RecipeSlice[];
  readonly parameters: ParameterScope;
  readonly span: Span;
}

/** Where the rows of a token's embedding come from. */
export type TokenEmbedding =
  | { readonly kind: 'zero' }
  | { readonly kind: 'model'; readonly model: RecipeModel }
  | {
      readonly kind: 'modelToken';
      readonly model: RecipeModel;
      readonly token: string | null;
      readonly tokenId: number | null;
    };

/** How vocabularies are brought together. */
export interface RecipeTokenizer {
  readonly source: Placed<
    { readonly kind: 'base' } | { readonly kind: 'union' } | { readonly kind: 'model'; readonly model: RecipeModel }
  >;
  readonly tokens: ReadonlyMap<
    string,
    { readonly source: TokenEmbedding | null; readonly force: boolean; readonly span: Span }
  >;
  readonly padToMultipleOf: Placed<number> | null;
}

/** One document of a recipe, its three ways of writing (models, slices, modules) made one. */
export interface MergeRecipe {
  /** Of mergekit-multi: what later documents call its result. */
  readonly name: Placed<string> | null;
  readonly method: Placed<MergeMethod>;
  readonly baseModel: RecipeModel | null;
  readonly form: 'models' | 'slices' | 'modules';
  readonly modules: readonly RecipeModule[];
  readonly parameters: ParameterScope;
  readonly dtype: Placed<MergeDtype> | null;
  readonly outDtype: Placed<MergeDtype> | null;
  readonly tokenizer: RecipeTokenizer | null;
  /** `auto`, the name of a template, or Jinja. */
  readonly chatTemplate: Placed<string> | null;
  readonly span: Span;
}

/** What a text says; `recipes` is empty where errors prevent reading any further. */
export interface RecipeReading {
  readonly recipes: readonly MergeRecipe[];
  readonly problems: readonly RecipeProblem[];
}
