import { estimateSeconds } from '../../core/merging/plan/mergeCosts';
import type { BlockRatios } from '../../core/merging/hma/blockRatios';
import { readBlockRatios } from '../../core/merging/hma/readBlockRatios';
import type { LayerBlock } from '../../core/merging/hma/layerBlocks';
import type { MergePlan, TensorGroup } from '../../core/merging/plan/mergePlan';
import type { MergeRecipe } from '../../core/merging/recipe/mergeRecipe';
import { weightMap } from '../../core/merging/plan/weightMap';
import type { DroppedView, PlanView, SlidersView, StageView } from '../../protocol/mergePreviewView';

export interface PlannedRecipe {
  readonly recipes: readonly MergeRecipe[];
  /** One a recipe. */
  readonly stages: readonly MergePlan[];
}

/** Tensors of one reason that are named. */
const mostNames = 12;

/** What a recipe makes, as its preview draws it. @param blocks in which the sliders cut it where they can. */
export function planView(planned: PlannedRecipe, blocks: readonly LayerBlock[] | null): PlanView {
  return { stages: planned.stages.map(stageView), sliders: slidersOf(planned, blocks) };
}

/** The recipe as ratios of blocks; null: it is something else. */
export function blockRatiosOf(
  { recipes, stages }: PlannedRecipe,
  blocks: readonly LayerBlock[] | null,
): BlockRatios | null {
  const [recipe, ...others] = recipes;
  const [plan] = stages;
  if (recipe === undefined || plan === undefined || others.length !== 0) return null;
  const tensors = plan.tensors.map(({ name }) => name);
  return readBlockRatios(recipe, plan.layerCount, { tensors, ...(blocks === null ? {} : { blocks }) });
}

function stageView(plan: MergePlan): StageView {
  const names = modelNames(plan);
  return {
    name: plan.name ?? '',
    method: plan.method,
    dtype: plan.dtype,
    models: plan.models.map(({ path }, index) => ({ name: names[index] ?? path, path })),
    map: weightMap(plan),
    tensors: plan.tensors.length,
    files: plan.files.length,
    bytes: plan.bytes,
    readBytes: plan.readBytes,
    seconds: estimateSeconds(plan),
    peakBytes: plan.peakBytes,
    dropped: droppedOf(plan),
  };
}

/** Folders of different models are often called the same: then what the recipe calls them. */
function modelNames({ models }: MergePlan): readonly string[] {
  return models.map(({ name, key }) => (models.filter((other) => other.name === name).length === 1 ? name : key));
}

function droppedOf({ dropped }: MergePlan): readonly DroppedView[] {
  const reasons = new Map<string, { model: number; reason: string; count: number; names: string[] }>();
  for (const { model, tensor, reason } of dropped) {
    const key = `${model} ${reason}`;
    const known = reasons.get(key) ?? { model, reason, count: 0, names: [] };
    known.count += 1;
    if (known.names.length < mostNames) known.names.push(tensor);
    reasons.set(key, known);
  }
  return [...reasons.values()];
}

function slidersOf(planned: PlannedRecipe, blocks: readonly LayerBlock[] | null): SlidersView | null {
  const found = blockRatiosOf(planned, blocks);
  const [plan] = planned.stages;
  if (found === null || plan === undefined) return null;
  const names = modelNames(plan);
  const nameOf = (key: string): string => names[plan.models.findIndex((model) => model.key === key)] ?? key;
  const present = new Set(plan.tensors.map(({ group }) => group));
  const outside: readonly (readonly [TensorGroup, number])[] = [
    ['embedding', found.embedding],
    ...(found.isLinearOnly ? [['norm', 1] as const] : []),
    ['finalNorm', found.finalNorm],
    ['head', found.head],
  ];
  return {
    before: nameOf(found.before),
    after: nameOf(found.after),
    blocks: found.blocks.map(({ first, last }, index) => ({ first, last, ratio: found.ratios[index] ?? 0 })),
    outside: outside.filter(([group]) => present.has(group)).map(([group, ratio]) => ({ group, ratio })),
  };
}
