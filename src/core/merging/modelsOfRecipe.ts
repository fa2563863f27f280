import { recipeModels } from './checkStages';
import type { MergeRecipe, RecipeModel } from './mergeRecipe';
import { recipeModelKey } from './mergeRecipe';

/** Every model that a document names, each once. */
export function modelsOfRecipe(recipe: MergeRecipe): readonly RecipeModel[] {
  const models = new Map<string, RecipeModel>();
  for (const model of recipeModels(recipe)) {
    const key = recipeModelKey(model);
    if (!models.has(key)) models.set(key, model);
  }
  return [...models.values()];
}

/** Whether the tokens of the models have to be read: only policies for tokenizers ask for them. */
export function needVocabularies(recipes: readonly MergeRecipe[]): boolean {
  return recipes.some(({ tokenizer }) => tokenizer !== null);
}
