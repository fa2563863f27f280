import { commands, Disposable } from 'vscode';
import type { ModelsView } from '../checkpoint/modelsView';
import { registerRecipeContext } from './recipeContext';
import { registerRecipeDiagnostics } from './recipeDiagnostics';
import { registerRecipeFixes } from './recipeFixes';
import { registerRecipeHelp } from './recipeHelp';
import { registerRecipeLens } from './recipeLens';
import type { RecipePlans } from './recipePlans';
import { isRecipe } from './recipeSelector';

/** What an editor does for recipes as they are written. */
export function registerRecipes(plans: RecipePlans, models: ModelsView): Disposable {
  return Disposable.from(
    registerRecipeContext(isRecipe, (active) => {
      void commands.executeCommand('setContext', 'alidade.mergeRecipeActive', active);
    }),
    registerRecipeDiagnostics(plans),
    registerRecipeFixes(plans),
    registerRecipeHelp({ plans, checkpoints: async () => (await models.checkpoints()).checkpoints }),
    registerRecipeLens(plans),
  );
}
