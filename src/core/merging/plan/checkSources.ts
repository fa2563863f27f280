import type { MergeRecipe, RecipeModel } from '../recipe/mergeRecipe';
import { recipeModelKey } from '../recipe/mergeRecipe';
import type { MergeSource } from './mergeSource';
import { innerConfig } from './outputConfig';
import type { ProblemCollector } from '../recipe/problemCollector';
import { countLayers, findLayers } from './tensorRole';

/** Settings by which equal weights compute something else. */
const computing = [
  'rope_theta',
  'rope_scaling',
  'rope_parameters',
  'rms_norm_eps',
  'layer_norm_eps',
  'layer_norm_epsilon',
  'hidden_act',
  'hidden_activation',
  'activation_function',
  'sliding_window',
  'attn_logit_softcapping',
  'final_logit_softcapping',
  'query_pre_attn_scalar',
  'partial_rotary_factor',
] as const;

/** How a tensor is cut into heads: equal shapes may hold other heads. */
const dividing = ['num_attention_heads', 'n_head', 'num_key_value_heads', 'head_dim'] as const;

export interface CheckSourcesParams {
  readonly recipe: MergeRecipe;
  /** Every model that is merged, where the recipe names it. */
  readonly models: readonly RecipeModel[];
  readonly sources: ReadonlyMap<string, MergeSource>;
  /** Whose config.json the output has. */
  readonly donor: MergeSource;
  readonly problems: ProblemCollector;
}

/** Models that are not built alike, or do not read text alike, held against the one that gives the configuration. */
export function checkSources({ recipe, models, sources, donor, problems }: CheckSourcesParams): void {
  for (const model of models) {
    const source = sources.get(recipeModelKey(model));
    if (source === undefined) continue;
    const layers = countLayers(source, findLayers(source));
    if (layers !== source.layerCount && 0 < source.layerCount && source.problems.length === 0) {
      const message = `config.json of ${source.key} says ${source.layerCount} layers, its weights have ${layers}`;
      problems.add({ code: 'layer_count', severity: 'error', message, span: model.span });
    }
    if (source === donor) continue;
    checkArchitecture(source, donor, model, problems);
    if (recipe.tokenizer === null) checkTokens(source, donor, model, recipe, problems);
  }
}

function checkArchitecture(
  source: MergeSource,
  donor: MergeSource,
  { span }: RecipeModel,
  problems: ProblemCollector,
): void {
  const [own, wanted] = [kindOf(source), kindOf(donor)];
  if (own !== wanted) {
    const message = `${source.key} is a ${own} model, ${donor.key} a ${wanted} model: only models that are built alike can be merged`;
    problems.add({ code: 'architecture', severity: 'error', message, span });
    return;
  }
  const [inner, donorInner] = [innerConfig(source.config), innerConfig(donor.config)];
  const differs = (key: string): boolean =>
    inner[key] !== undefined &&
    donorInner[key] !== undefined &&
    JSON.stringify(inner[key]) !== JSON.stringify(donorInner[key]);
  const shown = (key: string): string =>
    `${key} (${JSON.stringify(inner[key])} and ${JSON.stringify(donorInner[key])})`;
  const divided = dividing.filter(differs);
  if (0 < divided.length) {
    const message = `${source.key} and ${donor.key} differ in ${divided.map(shown).join(', ')}: their weights do not mean the same`;
    problems.add({ code: 'architecture', severity: 'error', message, span });
  }
  const computed = computing.filter(differs);
  if (0 < computed.length) {
    const message = `${source.key} and ${donor.key} differ in ${computed.map(shown).join(', ')}: the output takes what ${donor.key} has`;
    problems.add({ code: 'config_differs', severity: 'warning', message, span });
  }
  const [ownClass, donorClass] = [classOf(source), classOf(donor)];
  if (ownClass !== donorClass && ownClass !== null && donorClass !== null) {
    const message = `${source.key} is a ${ownClass}, ${donor.key} a ${donorClass}: the output becomes a ${donorClass}, and only the bodies are merged`;
    problems.add({ code: 'head_differs', severity: 'warning', message, span });
  }
}

function checkTokens(
  { key, tokenizer }: MergeSource,
  donor: MergeSource,
  { span }: RecipeModel,
  { method }: MergeRecipe,
  problems: ProblemCollector,
): void {
  const other = donor.tokenizer;
  if (tokenizer === null || other === null || tokenizer.hash === other.hash) return;
  const advice = 'tokenizer_source (base, union, or a model) says which tokens the output has';
  if (tokenizer.wordsHash === other.wordsHash) {
    const message = `${key} and ${donor.key} have the same words but not the same added tokens or rules: rows are merged by their numbers; ${advice}`;
    problems.add({ code: 'tokenizer', severity: 'warning', message, span });
    return;
  }
  const message = `${key} and ${donor.key} do not have the same tokens: rows of embeddings that mean different words would be mixed; ${advice}`;
  // Layers that are only stacked are not mixed.
  problems.add({ code: 'tokenizer', severity: method.value === 'passthrough' ? 'warning' : 'error', message, span });
}

function kindOf({ config }: MergeSource): string {
  const kind = config['model_type'];
  return typeof kind === 'string' ? kind : 'nameless';
}

function classOf({ config }: MergeSource): string | null {
  const architectures = config['architectures'];
  const first: unknown = Array.isArray(architectures) ? architectures[0] : null;
  return typeof first === 'string' ? first : null;
}
