import type { MergeRecipe, RecipeModel } from './mergeRecipe';
import { recipeModelKey } from './mergeRecipe';

/** Every model that a recipe names, each time that it does. */
export function recipeModels({ baseModel, modules, tokenizer }: MergeRecipe): readonly RecipeModel[] {
  const slices = modules.flatMap((module) => module.slices);
  const tokens = [...(tokenizer?.tokens.values() ?? [])].flatMap(({ source }) =>
    source === null || source.kind === 'zero' ? [] : [source.model],
  );
  return [
    ...(baseModel === null ? [] : [baseModel]),
    ...slices.flatMap((slice) => [
      ...slice.sources.map(({ model }) => model),
      ...(slice.baseModel === null ? [] : [slice.baseModel]),
    ]),
    ...(tokenizer?.source.value.kind === 'model' ? [tokenizer.source.value.model] : []),
    ...tokens,
  ];
}

/** Every model that a document names, each once. */
export function modelsOfRecipe(recipe: MergeRecipe): readonly RecipeModel[] {
  const models = new Map<string, RecipeModel>();
  for (const model of recipeModels(recipe)) {
    const key = recipeModelKey(model);
    if (!models.has(key)) models.set(key, model);
  }
  return [...models.values()];
}

/** The models of recipes that are read from disk, each once: those that are not made by an earlier document. */
export function modelsToRead(recipes: readonly MergeRecipe[]): readonly RecipeModel[] {
  const made = new Set<string>();
  const found = new Map<string, RecipeModel>();
  for (const recipe of recipes) {
    for (const model of recipeModels(recipe)) {
      const key = recipeModelKey(model);
      if (!made.has(model.path) && !found.has(key)) found.set(key, model);
    }
    if (recipe.name !== null) made.add(recipe.name.value);
  }
  return [...found.values()];
}

/** Whether the tokens of the models have to be read: only policies for tokenizers ask for them. */
export function needVocabularies(recipes: readonly MergeRecipe[]): boolean {
  return recipes.some(({ tokenizer }) => tokenizer !== null);
}
