import type { KnownModel } from './knownModel';
import type { MergePlan, PlannedCompanion } from './mergePlan';
import type { MergeRecipe } from './mergeRecipe';
import { modelCard } from './modelCard';
import type { PlanOptions } from './planMerge';

export interface PlanCompanionsParams {
  readonly recipe: MergeRecipe;
  readonly plan: Omit<MergePlan, 'fingerprint' | 'companions'>;
  /** Texts of config.json and (null: there is one file) of the index. */
  readonly config: string;
  readonly index: string | null;
  /** Whose tokenizer and other small files the output has. */
  readonly donor: KnownModel | undefined;
  readonly models: readonly KnownModel[];
  readonly options: PlanOptions;
}

/** What stands beside the weights. */
export function planCompanions(params: PlanCompanionsParams): readonly PlannedCompanion[] {
  const { recipe, plan, config, index, donor, models, options } = params;
  const card = modelCard({ recipe, plan, models: models.map(({ source }) => source), options });
  return [
    { kind: 'text', name: 'config.json', text: config },
    ...(index === null ? [] : [{ kind: 'text', name: 'model.safetensors.index.json', text: index } as const]),
    ...(donor?.companions ?? []),
    { kind: 'text', name: 'README.md', text: card },
    { kind: 'text', name: 'mergekit_config.yml', text: options.text },
  ];
}
