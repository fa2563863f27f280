import type { MergeRecipe, RecipeModel } from './mergeRecipe';
import { recipeModelKey } from './mergeRecipe';

/** Every model that a document names, each once, the base first where it is not among the others. */
export function modelsOfRecipe({ baseModel, modules, tokenizer }: MergeRecipe): readonly RecipeModel[] {
  const models = new Map<string, RecipeModel>();
  const add = (model: RecipeModel | null): void => {
    if (model === null) return;
    const key = recipeModelKey(model);
    if (!models.has(key)) models.set(key, model);
  };
  for (const { slices } of modules) {
    for (const { sources, baseModel: base } of slices) {
      sources.forEach(({ model }) => add(model));
      add(base);
    }
  }
  add(baseModel);
  if (tokenizer?.source.value.kind === 'model') add(tokenizer.source.value.model);
  for (const { source } of tokenizer?.tokens.values() ?? []) {
    if (source !== null && source.kind !== 'zero') add(source.model);
  }
  return [...models.values()];
}

/** Models to be read from disk: those of all documents, without the results of other documents. */
export function modelsOfRecipes(recipes: readonly MergeRecipe[]): readonly RecipeModel[] {
  const stages = new Set(recipes.flatMap(({ name }) => (name === null ? [] : [name.value])));
  const models = new Map<string, RecipeModel>();
  for (const recipe of recipes) {
    for (const model of modelsOfRecipe(recipe)) {
      const key = recipeModelKey(model);
      if (!stages.has(model.path) && !models.has(key)) models.set(key, model);
    }
  }
  return [...models.values()];
}

/** Whether the tokens of the models have to be read: only policies for tokenizers ask for them. */
export function needVocabularies(recipes: readonly MergeRecipe[]): boolean {
  return recipes.some(({ tokenizer }) => tokenizer !== null);
}
