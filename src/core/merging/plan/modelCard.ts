import type { MergePlan } from './mergePlan';
import type { MergeRecipe } from '../recipe/mergeRecipe';
import { recipeModelKey } from '../recipe/mergeRecipe';
import type { MergeSource } from './mergeSource';
import { methodTable } from '../methods/methodTable';
import type { PlanOptions } from './planMerge';

export interface ModelCardParams {
  readonly recipe: MergeRecipe;
  readonly plan: Pick<MergePlan, 'method' | 'dtype' | 'layerCount' | 'tensors' | 'dropped' | 'arithmetic' | 'seed'>;
  readonly models: readonly MergeSource[];
  /** Whose class the output has. */
  readonly donor: MergeSource | null;
  readonly options: Pick<PlanOptions, 'text' | 'version'>;
}

/** README.md of the output: what it was made of and how, so that it can be made again, and how it is loaded. */
export function modelCard({ recipe, plan, models, donor, options }: ModelCardParams): string {
  const { description, source, isRandom } = methodTable[plan.method];
  const hubNames = models.map(({ name }) => name).filter((name) => /^[\w.-]+\/[\w.-]+$/.test(name));
  const base = recipe.baseModel === null ? null : recipeModelKey(recipe.baseModel);
  const kind = classOf(donor);
  const isOwnClass = !/(ForCausalLM|LMHeadModel|ForSequenceClassification|ForConditionalGeneration)$/.test(kind);
  const loader = /For(SequenceClassification|RewardModel)/.test(kind)
    ? 'AutoModelForSequenceClassification'
    : 'AutoModelForCausalLM';
  const rounding =
    plan.arithmetic === 'mergekit' ? 'with the roundings of mergekit 0.1.5' : 'in double precision, rounded at the end';
  return [
    '---',
    ...(hubNames.length === 0 ? [] : ['base_model:', ...hubNames.map((name) => `- ${name}`)]),
    'library_name: transformers',
    'tags:',
    '- merge',
    '- alidade',
    '---',
    '',
    '# A merged model',
    '',
    `Made with Alidade ${options.version} by \`${plan.method}\` (${source}), ${rounding}${isRandom ? `, seed ${plan.seed}` : ''}.`,
    description,
    '',
    `${plan.layerCount} layers, ${plan.tensors.length} tensors, mostly ${plan.dtype}.`,
    '',
    '## Models',
    '',
    '| model | SHA-256 of its configuration, headers and files |',
    '| --- | --- |',
    ...models.map(({ key, fingerprint }) => `| ${key}${key === base ? ' (base)' : ''} | \`${fingerprint}\` |`),
    '',
    '## Recipe',
    '',
    ...fenced(options.text),
    '',
    '## Use',
    '',
    '```python',
    `from transformers import ${loader}, AutoTokenizer`,
    '',
    `model = ${loader}.from_pretrained("path/of/this/folder", dtype="auto"${isOwnClass ? ', trust_remote_code=True' : ''})`,
    'tokenizer = AutoTokenizer.from_pretrained("path/of/this/folder")',
    '```',
    ...describeDropped(plan, models),
    '',
  ].join('\n');
}

function classOf(donor: MergeSource | null): string {
  const architectures = donor?.config['architectures'];
  const first: unknown = Array.isArray(architectures) ? architectures[0] : null;
  return typeof first === 'string' ? first : 'ForCausalLM';
}

/** A fence longer than any in the text. */
function fenced(text: string): readonly string[] {
  const longest = [...text.matchAll(/`{3,}/g)].reduce((most, [fence]) => Math.max(most, fence.length), 2);
  const fence = '`'.repeat(longest + 1);
  return [`${fence}yaml`, text.trimEnd(), fence];
}

function describeDropped({ dropped }: Pick<MergePlan, 'dropped'>, models: readonly MergeSource[]): readonly string[] {
  const told = dropped.filter(({ reason }) => !reason.startsWith('layer '));
  if (told.length === 0) return [];
  const most = 50;
  return [
    '',
    '## Tensors that were left out',
    '',
    ...told.slice(0, most).map(({ model, tensor, reason }) => `- \`${tensor}\` of ${models[model].key}: ${reason}`),
    ...(most < told.length ? [`- and ${told.length - most} more`] : []),
  ];
}
