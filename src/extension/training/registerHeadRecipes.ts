import { commands, Disposable } from 'vscode';
import type { ModelsView } from '../checkpoint/modelsView';
import { registerRecipeContext } from '../merging/recipeContext';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { registerRecipeDiagnostics } from './recipeDiagnostics';
import { registerRecipeFixes } from './recipeFixes';
import { registerRecipeHelp } from './recipeHelp';
import { registerRecipeLens } from './recipeLens';
import { RecipeReadings } from './recipeReadings';
import { isHeadRecipeDocument } from './recipeSelector';

/** What an editor does for head recipes as they are written. */
export function registerHeadRecipes(client: SidecarClient, models: ModelsView): Disposable {
  const readings = new RecipeReadings(client);
  return Disposable.from(
    readings,
    registerRecipeContext(isHeadRecipeDocument, (active) => {
      void commands.executeCommand('setContext', 'alidade.headRecipeActive', active);
    }),
    registerRecipeDiagnostics(readings),
    registerRecipeFixes(readings),
    registerRecipeHelp({ readings, checkpoints: async () => (await models.checkpoints()).checkpoints }),
    registerRecipeLens(readings),
  );
}
