import type { RecipeProblem } from '../../yaml/recipeProblem';
import { RecipeProblems } from '../../yaml/recipeProblems';
import { readYaml } from '../../yaml/readYaml';
import type { HeadRecipe } from './headRecipe';
import type { HeadRecipePlace } from './headRecipePlaces';
import { readHeadRecipe } from './readHeadRecipe';
import { RecipeNames } from './recipeNames';

export interface HeadRecipeReading {
  /** null where there are errors. */
  readonly recipe: HeadRecipe | null;
  /** In the order of the text. */
  readonly problems: readonly RecipeProblem[];
  /** What the text names: models, files, fields, data, objectives; also where there are errors. */
  readonly places: readonly HeadRecipePlace[];
}

/**
 * The head that a recipe describes, with everything that is wrong with it and can be told without its data; never throws.
 * @param text the whole file, YAML.
 */
export function parseHeadRecipe(text: string): HeadRecipeReading {
  const problems = new RecipeProblems();
  const names = new RecipeNames(problems);
  const { value, problems: faults } = readYaml(text);
  for (const { message, span } of faults) problems.error('yaml', message, span);
  let recipe: HeadRecipe | null = null;
  if (value !== null && value.kind !== 'null') recipe = readHeadRecipe(value, names);
  else if (faults.length === 0) {
    const message = 'there is no recipe: give `name`, `model`, `data`, and `objectives` or `preference`';
    problems.error('no_recipe', message, { start: 0, end: 0 });
  }
  return { recipe: problems.hasErrors ? null : recipe, problems: problems.inOrder(), places: names.places };
}
