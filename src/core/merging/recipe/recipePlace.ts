import type { Span } from '../../promptFile/locateJson';
import { recipeModels } from './modelsOfRecipe';
import type { MergeRecipe, ParameterScope, RecipeModel } from './mergeRecipe';

/** What stands at an offset of a recipe. */
export type RecipePlace =
  | { readonly kind: 'model'; readonly model: RecipeModel; readonly span: Span }
  /** `model` null: it is given for all of them. */
  | { readonly kind: 'value'; readonly parameter: string; readonly model: RecipeModel | null; readonly span: Span };

/** The model or the value of a parameter at an offset; null: something else. */
export function recipePlaceAt(recipes: readonly MergeRecipe[], offset: number): RecipePlace | null {
  const holds = ({ start, end }: Span): boolean => start <= offset && offset < end;
  for (const recipe of recipes) {
    const model = recipeModels(recipe).find(({ span }) => holds(span));
    if (model !== undefined) return { kind: 'model', model, span: model.span };
    for (const [scope, of] of scopesOf(recipe)) {
      for (const { name, rules } of scope.values()) {
        const rule = rules.find(({ span }) => holds(span));
        if (rule !== undefined) return { kind: 'value', parameter: name, model: of, span: rule.span };
      }
    }
  }
  return null;
}

function* scopesOf({ parameters, modules }: MergeRecipe): Generator<readonly [ParameterScope, RecipeModel | null]> {
  yield [parameters, null];
  for (const module of modules) {
    yield [module.parameters, null];
    for (const slice of module.slices) {
      yield [slice.parameters, null];
      for (const source of slice.sources) yield [source.parameters, source.model];
    }
  }
}
