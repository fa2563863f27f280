import { checkSources } from './checkSources';
import { knownDtype } from './dtypeOfTensors';
import { modelOfStage, modelOnDisk, plannedModel, type KnownModel } from './knownModel';
import { layOutFiles } from './layOutFiles';
import { peakMemory, readBytesOf } from './mergeCosts';
import type { MergeDtype } from '../methods/mergeMethod';
import type { MergePlan } from './mergePlan';
import type { MergeRecipe, RecipeModel } from '../recipe/mergeRecipe';
import type { RecipeProblem } from '../../yaml/recipeProblem';
import { recipeModelKey } from '../recipe/mergeRecipe';
import { isReadable, type MergeSource, type MergeSourceReading, type SourceTokenizer } from './mergeSource';
import { modelsOfRecipe } from '../recipe/modelsOfRecipe';
import { cutModules, type ModulePart } from './modules';
import { outputConfig } from './outputConfig';
import { planCompanions } from './planCompanions';
import { fingerprintOf } from './planFingerprint';
import { planTensors, type DroppedTensor, type TensorsPlan } from './planTensors';
import { ProblemCollector } from '../recipe/problemCollector';
import { resolveSlices } from './resolveSlices';
import { planVocabulary } from './tokenizerPolicy';

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
  /** What was found of every model that the recipes name (`modelsToRead`). */
  readonly sources: readonly MergeSourceReading[];
  readonly options: PlanOptions;
}

export interface MergePlanning {
  /** One a document, in the order in which they are to run; empty where errors prevent the merge. */
  readonly stages: readonly MergePlan[];
  /** Beside those that the recipe alone has (`parseMergeRecipe`). */
  readonly problems: readonly RecipeProblem[];
}

/**
 * Everything that a merge will do, from headers alone: every tensor of the output with its place, sources and parameters,
 * what is dropped and why, the files to the byte, and what stands beside them. All problems at once, each at its place.
 */
export function planMerge({ recipes, sources, options }: PlanMergeParams): MergePlanning {
  const problems = new ProblemCollector();
  const models = new Map<string, KnownModel>();
  for (const reading of sources) if (isReadable(reading)) models.set(reading.key, modelOnDisk(reading));
  const made = new Set<string>();
  const stages: MergePlan[] = [];
  for (const recipe of recipes) {
    tellOfSources({ recipe, readings: sources, models, made, problems });
    const stage = planStage({ recipe, models, options, problems });
    if (recipe.name !== null) made.add(recipe.name.value);
    if (stage === null) {
      problems.markIncomplete();
      continue;
    }
    const { plan, tokenizer } = stage;
    stages.push(plan);
    if (plan.name !== null) models.set(plan.name, modelOfStage(plan.name, plan, tokenizer));
  }
  return { stages: problems.hasErrors ? [] : stages, problems: problems.list() };
}

interface StageParams {
  readonly recipe: MergeRecipe;
  readonly models: ReadonlyMap<string, KnownModel>;
  readonly options: PlanOptions;
  readonly problems: ProblemCollector;
}

interface Stage {
  readonly plan: MergePlan;
  readonly tokenizer: SourceTokenizer | null;
}

function planStage({ recipe, models, options, problems }: StageParams): Stage | null {
  const sources = new Map([...models].map(([key, { source }]) => [key, source]));
  const named = modelsOfRecipe(recipe).flatMap((model) => models.get(recipeModelKey(model)) ?? []);
  const donor = donorOf(recipe, sources);
  if (donor === undefined) return null;
  const merged = mergedModels(recipe);
  checkSources({ recipe, models: merged, sources, donor, problems });
  const vocabulary = planVocabulary({ recipe, models: merged, sources, donor, problems });
  const modelIndex = new Map(named.map(({ source }, index) => [source.key, index]));
  const parts: TensorsPlan[] = [];
  const found: RecipeProblem[] = [];
  const modules = cutModules(recipe, sources, found);
  for (const { module, sources: cut } of modules) {
    const slices = resolveSlices({ recipe, module, sources: cut, problems: found });
    if (slices === null || slices.length === 0) continue;
    parts.push(
      planTensors({
        recipe,
        slices,
        donor: cut.get(donor.key) ?? donor,
        modelIndex,
        outputDtype: options.dtype,
        vocabulary,
        problems,
      }),
    );
  }
  for (const problem of found) problems.add(problem);
  if (parts.length < recipe.modules.length) return null;
  const tensors = parts.flatMap((part) => part.tensors);
  const layout = layOutFiles(tensors, options.shardBytes);
  const dtype = knownDtype(tensors, (tensor) => tensor.dtype);
  // Of several parts the one whose layers config.json counts is the one that has the donor's number of them.
  const main = parts.find(({ donorLayers }) => donorLayers === donor.layerCount) ?? parts[0];
  const hasHead = parts.some((part) => part.hasHead);
  const config = outputConfig({ donor, dtype, layers: main.layers, hasHead, vocabulary });
  const settings = { arithmetic: options.arithmetic, seed: options.seed };
  const plan: Omit<MergePlan, 'fingerprint' | 'companions'> = {
    name: recipe.name?.value ?? null,
    method: recipe.method.value,
    dtype,
    workingDtype: recipe.dtype?.value ?? knownDtype(tensors, (tensor) => tensor.workingDtype),
    ...settings,
    models: named.map(plannedModel),
    tensors: layout.tensors,
    dropped: [...parts.flatMap((part) => part.dropped), ...leftOut({ recipe, modules, sources, modelIndex, problems })],
    files: layout.files,
    layerCount: main.layers.length,
    bytes: layout.bytes,
    readBytes: readBytesOf(layout.tensors, settings),
    peakBytes: peakMemory(layout.tensors),
  };
  const companions = planCompanions({
    recipe,
    plan,
    config,
    index: layout.index,
    donor: models.get(donor.key),
    textOrigin: models.get(vocabulary?.origin.key ?? donor.key),
    added: vocabulary?.added ?? [],
    models: named,
    options,
    problems,
  });
  const fingerprint = fingerprintOf(
    plan,
    named.map(({ source }) => source.fingerprint),
  );
  const tokenizer = vocabulary?.tokenizer ?? donor.tokenizer;
  return { plan: { ...plan, companions, fingerprint }, tokenizer };
}

interface LeftOutParams extends Pick<StageParams, 'recipe' | 'problems'> {
  readonly modules: readonly ModulePart[];
  readonly sources: ReadonlyMap<string, MergeSource>;
  readonly modelIndex: ReadonlyMap<string, number>;
}

/** Tensors of no module of the recipe. */
function leftOut({ recipe, modules, sources, modelIndex, problems }: LeftOutParams): readonly DroppedTensor[] {
  if (modules.length < 2) return [];
  const dropped: DroppedTensor[] = [];
  for (const model of mergedModels(recipe)) {
    const key = recipeModelKey(model);
    for (const tensor of sources.get(key)?.tensors.keys() ?? []) {
      if (modules.some((part) => part.sources.get(key)?.tensors.has(tensor) === true)) continue;
      const reason = 'it belongs to no module of the recipe';
      dropped.push({ model: modelIndex.get(key) ?? -1, tensor, reason });
      const message = `${tensor} of ${key} does not come into the output: ${reason}`;
      problems.addForTensor('dropped_tensor', 'warning', message, model.span, key);
    }
  }
  return dropped;
}

/** Whose config.json the output has: the base's, else that of the first model. */
function donorOf(recipe: MergeRecipe, sources: ReadonlyMap<string, MergeSource>): MergeSource | undefined {
  const model = recipe.baseModel ?? recipe.modules[0]?.slices[0]?.sources[0]?.model;
  return model === undefined ? undefined : sources.get(recipeModelKey(model));
}

/** Those whose weights are merged; a tokenizer may come from yet another one. */
function mergedModels({ baseModel, modules }: MergeRecipe): readonly RecipeModel[] {
  const models = new Map<string, RecipeModel>();
  const listed = modules.flatMap(({ slices }) => slices.flatMap(({ sources }) => sources.map(({ model }) => model)));
  for (const model of [...listed, ...(baseModel === null ? [] : [baseModel])]) {
    if (!models.has(recipeModelKey(model))) models.set(recipeModelKey(model), model);
  }
  return [...models.values()];
}

interface TellParams extends Pick<StageParams, 'recipe' | 'models' | 'problems'> {
  readonly readings: readonly MergeSourceReading[];
  /** Names of the stages before this one. */
  readonly made: ReadonlySet<string>;
}

/** What cannot be read, or cannot be merged, at the places that name it. */
function tellOfSources({ recipe, readings, models, made, problems }: TellParams): void {
  const byKey = new Map(readings.map((reading) => [reading.key, reading]));
  const tell = ({ span }: RecipeModel, message: string): void => {
    problems.add({ code: 'model', severity: 'error', message, span });
  };
  for (const model of modelsOfRecipe(recipe)) {
    const key = recipeModelKey(model);
    const reading = byKey.get(key);
    if (made.has(model.path)) {
      if (model.adapter !== null) tell(model, `${key}: an adapter on the result of another document is not supported`);
      else if (!models.has(key)) problems.markIncomplete();
    } else if (reading === undefined) {
      problems.markIncomplete();
    } else if (isReadable(reading)) {
      for (const problem of reading.problems) tell(model, `${key}: ${problem}`);
    } else {
      const { message, hint } = reading.error;
      tell(model, hint === null ? message : `${message}: ${hint}`);
    }
  }
}
