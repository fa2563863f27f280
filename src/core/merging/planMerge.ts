import { sha256 } from '../sha256';
import { layOutFiles } from './layOutFiles';
import { storedMergeDtypes, type MergeDtype } from './mergeMethod';
import type { MergePlan, PlannedCompanion, PlannedModel, PlannedTensor } from './mergePlan';
import type { MergeRecipe, RecipeModel, RecipeProblem } from './mergeRecipe';
import { recipeModelKey } from './mergeRecipe';
import { isReadable, type MergeSource, type MergeSourceReading } from './mergeSource';
import { outputConfig } from './outputConfig';
import { planTensors } from './planTensors';
import { peakMemory, readBytesOf } from './mergeCosts';
import { ProblemCollector } from './problemCollector';
import { modelsOfRecipe } from './modelsOfRecipe';
import { resolveSlices } from './resolveSlices';

export interface PlanOptions {
  /** Of the output; null: as the recipe says, else as the sources are. */
  readonly dtype: MergeDtype | null;
  /** Bytes of data in an output file, 5e9 where nothing else is wished. */
  readonly shardBytes: number;
  readonly arithmetic: 'exact' | 'mergekit';
  readonly seed: number;
  /** Of this program, for the card. */
  readonly version: string;
  /** The recipe as it stands, for the card and mergekit_config.yml. */
  readonly text: string;
}

export interface PlanMergeParams {
  readonly recipes: readonly MergeRecipe[];
  /** What was found of every model that the recipes name (`modelsOfRecipes`). */
  readonly sources: readonly MergeSourceReading[];
  readonly options: PlanOptions;
}

export interface MergePlanning {
  /** One a document, in the order in which they are to run; empty where errors prevent the merge. */
  readonly stages: readonly MergePlan[];
  readonly problems: readonly RecipeProblem[];
}

/**
 * Everything that a merge will do, from headers alone: every tensor of the output with its place, sources and parameters,
 * what is dropped and why, the files to the byte, and what stands beside them. All problems at once, each at its place.
 */
export function planMerge({ recipes, sources, options }: PlanMergeParams): MergePlanning {
  const problems = new ProblemCollector();
  const known = new Map<string, MergeSource>();
  for (const reading of sources) if (isReadable(reading)) known.set(reading.key, reading);
  const stages: MergePlan[] = [];
  for (const recipe of recipes) {
    tellOfSources(recipe, sources, problems);
    const stage = planStage({ recipe, sources: known, options, problems });
    if (stage !== null) stages.push(stage);
  }
  return { stages: problems.hasErrors ? [] : stages, problems: problems.list() };
}

interface StageParams {
  readonly recipe: MergeRecipe;
  readonly sources: ReadonlyMap<string, MergeSource>;
  readonly options: PlanOptions;
  readonly problems: ProblemCollector;
}

function planStage({ recipe, sources, options, problems }: StageParams): MergePlan | null {
  const [module] = recipe.modules;
  const found: RecipeProblem[] = [];
  const slices = resolveSlices({ recipe, module, sources, problems: found });
  for (const problem of found) problems.add(problem);
  if (slices === null || slices.length === 0) return null;
  const models = modelsOfRecipe(recipe).flatMap((model) => sources.get(recipeModelKey(model)) ?? []);
  const donor = donorOf(recipe, sources) ?? slices[0].sources[0].source;
  const { tensors, dropped, layers, hasHead } = planTensors({
    recipe,
    slices,
    donor,
    models,
    outputDtype: options.dtype,
    vocabulary: null,
    problems,
  });
  const layout = layOutFiles(tensors, options.shardBytes);
  const dtype = mostBytes(tensors, ({ dtype }) => dtype);
  const config = outputConfig({ donor, dtype, layers, hasHead, vocabSize: null });
  const companions: PlannedCompanion[] = [
    { kind: 'text', name: 'config.json', text: config },
    ...(layout.index === null
      ? []
      : [{ kind: 'text', name: 'model.safetensors.index.json', text: layout.index } as const]),
    ...donor.companions.map((name): PlannedCompanion => ({ kind: 'copy', name, from: `${donor.path}/${name}` })),
    { kind: 'text', name: 'mergekit_config.yml', text: options.text },
  ];
  const plan: Omit<MergePlan, 'fingerprint'> = {
    name: recipe.name?.value ?? null,
    method: recipe.method.value,
    dtype,
    workingDtype: mostBytes(tensors, ({ workingDtype }) => workingDtype),
    arithmetic: options.arithmetic,
    seed: options.seed,
    models: models.map(plannedModel),
    tensors: layout.tensors,
    dropped,
    files: layout.files,
    companions,
    layerCount: layers.length,
    bytes: layout.bytes,
    readBytes: readBytesOf(layout.tensors),
    peakBytes: peakMemory(layout.tensors),
  };
  return { ...plan, fingerprint: fingerprintOf(plan) };
}

function donorOf({ baseModel }: MergeRecipe, sources: ReadonlyMap<string, MergeSource>): MergeSource | undefined {
  return baseModel === null ? undefined : sources.get(recipeModelKey(baseModel));
}

/** What cannot be read, or cannot be merged, at the places that name it. */
function tellOfSources(recipe: MergeRecipe, sources: readonly MergeSourceReading[], problems: ProblemCollector): void {
  const readings = new Map(sources.map((reading) => [reading.key, reading]));
  for (const model of modelsOfRecipe(recipe)) {
    const key = recipeModelKey(model);
    const reading = readings.get(key);
    if (reading === undefined) {
      problems.add(modelProblem(model, `${key} has not been looked for`));
    } else if (isReadable(reading)) {
      for (const problem of reading.problems) problems.add(modelProblem(model, `${key}: ${problem}`));
    } else {
      const { message, hint } = reading.error;
      problems.add(modelProblem(model, hint === null ? message : `${message}: ${hint}`));
    }
  }
}

function modelProblem({ span }: RecipeModel, message: string): RecipeProblem {
  return { code: 'model', severity: 'error', message, span };
}

function plannedModel({ key, name, path, fingerprint, files }: MergeSource): PlannedModel {
  return { key, name, path, fingerprint, files };
}

/** The number format that has the most bytes. */
function mostBytes(
  tensors: readonly Omit<PlannedTensor, 'place'>[],
  of: (tensor: Omit<PlannedTensor, 'place'>) => string,
): MergeDtype {
  const bytes = new Map<string, number>();
  for (const tensor of tensors) bytes.set(of(tensor), (bytes.get(of(tensor)) ?? 0) + tensor.bytes);
  const [most] = [...bytes].sort(([, a], [, b]) => b - a);
  if (most?.[0] === storedMergeDtypes.float16) return 'float16';
  return most?.[0] === storedMergeDtypes.bfloat16 ? 'bfloat16' : 'float32';
}

/** Of everything that decides the bytes of the output. */
function fingerprintOf({ companions: _companions, ...plan }: Omit<MergePlan, 'fingerprint'>): string {
  return sha256(
    JSON.stringify(plan, (_key, value: unknown) => {
      if (value instanceof Uint8Array || value instanceof Int32Array) {
        return sha256(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      }
      return value;
    }),
  );
}
