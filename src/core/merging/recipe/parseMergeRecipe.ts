import { readYamlDocuments } from '../../yaml/readYaml';
import { checkRecipe } from './checkRecipe';
import { checkStages } from '../plan/checkStages';
import type { MergeRecipe, RecipeReading } from './mergeRecipe';
import { readRecipeDocument } from './readRecipeDocument';
import { RecipeProblems } from '../../yaml/recipeProblems';

/**
 * The merges that a recipe describes, one a document, with everything that is wrong with it and can be told without its
 * models; never throws. Where there are errors, nothing may be merged, but what could be read is there for whoever looks
 * for more; without a method or models nothing is.
 * @param text the whole file, YAML as mergekit reads it.
 */
export function parseMergeRecipe(text: string): RecipeReading {
  const problems = new RecipeProblems();
  const { documents, problems: faults } = readYamlDocuments(text);
  for (const { message, span } of faults) problems.error('yaml', message, span);
  const recipes: (MergeRecipe | null)[] = [];
  for (const { value } of documents) {
    // Nothing stands after a last line of dashes.
    if (value === null || value.kind === 'null') continue;
    const recipe = readRecipeDocument(value, problems);
    if (recipe !== null) checkRecipe(recipe, problems);
    recipes.push(recipe);
  }
  if (recipes.length === 0 && faults.length === 0) {
    problems.error('no_recipe', 'there is no recipe: give `merge_method` and `models`', { start: 0, end: 0 });
  }
  const read = recipes.flatMap((recipe) => recipe ?? []);
  const isWhole = faults.length === 0 && read.length === recipes.length;
  if (isWhole) checkStages(read, problems);
  return { recipes: isWhole ? read : [], problems: problems.inOrder() };
}
