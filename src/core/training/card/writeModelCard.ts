import type { HeadFileMetadata } from '../../reward/headFile';
import type { HeadRecipe } from '../recipe/headRecipe';
import type { TrainingReport } from '../trainingReport';

export interface ModelCardParams {
  readonly recipe: HeadRecipe;
  readonly report: TrainingReport;
  readonly head: HeadFileMetadata;
}

/** The model card as Markdown: every figure comes from the report, everything else from the recipe. */
export function writeModelCard(params: ModelCardParams): string {
  throw new Error(`not yet: ${params.recipe.name}`);
}
