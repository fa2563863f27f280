import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { mergeAdapter } from '../../core/checkpoint/mergeAdapter';
import { maximumConfigLength, parseConfigJson } from '../../core/checkpoint/parseConfigJson';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { RecipeModel } from '../../core/merging/recipe/mergeRecipe';
import { recipeModelKey } from '../../core/merging/recipe/mergeRecipe';
import type { MergeSource, MergeSourceReading } from '../../core/merging/plan/mergeSource';
import { findAdaptable, findQuantisation, layerCountOf } from '../../core/merging/plan/mergeSourceProblems';
import { checkpointName } from '../checkpoint/checkpointName';
import { describeFileError } from '../checkpoint/describeFileError';
import { readAdapter } from '../checkpoint/openAdapterCheckpoint';
import { readChatTemplate } from '../checkpoint/readChatTemplate';
import { readSmallFile } from '../checkpoint/readSmallFile';
import { resolveModelReference } from '../checkpoint/resolveModelReference';
import { findWeightFiles, readWeightHeaders } from '../checkpoint/weightFiles';
import { readSourceTokenizer, TokenizerReadings } from './readSourceTokenizer';

/** A model as a recipe names it. */
export type SourceReference = Omit<RecipeModel, 'span'>;

export interface ReadMergeSourcesParams {
  readonly models: readonly SourceReference[];
  /** From which relative paths are taken, in this order: the recipe's folder, the current one. */
  readonly folders: readonly string[];
  /** Read the tokens too: what policies for tokenizers need. */
  readonly withVocabulary: boolean;
}

/**
 * What of each model a plan needs, from headers and small files; any architecture. A model that cannot be read has its
 * error in its place.
 * @throws AlidadeError `cancelled`
 */
export async function readMergeSources(
  { models, folders, withVocabulary }: ReadMergeSourcesParams,
  context: Pick<JobContext, 'signal'>,
): Promise<readonly MergeSourceReading[]> {
  const tokenizers = new TokenizerReadings();
  const readings: MergeSourceReading[] = [];
  for (const model of models) {
    throwIfCancelled(context.signal);
    try {
      readings.push(await readSource({ model, folders, withVocabulary, tokenizers }, context));
    } catch (error) {
      throwIfCancelled(context.signal);
      if (!(error instanceof AlidadeError)) throw error;
      const { code, message, hint = null } = error;
      readings.push({ key: recipeModelKey(model), error: { code, message, hint } });
    }
  }
  return readings;
}

interface ReadSourceParams extends Pick<ReadMergeSourcesParams, 'folders' | 'withVocabulary'> {
  readonly model: SourceReference;
  readonly tokenizers: TokenizerReadings;
}

async function readSource(
  { model, folders, withVocabulary, tokenizers }: ReadSourceParams,
  context: Pick<JobContext, 'signal'>,
): Promise<MergeSource> {
  const folder = await locateModel(model, folders);
  const configPath = join(folder, 'config.json');
  const configBytes = await readSmallFile({ path: configPath, most: maximumConfigLength });
  if (configBytes === null) {
    throw new AlidadeError({
      code: 'not_found',
      message: `${folder} has no config.json`,
      hint: 'give a folder with config.json and .safetensors files',
    });
  }
  const config = asObject(parseConfigJson(configBytes, configPath), configPath);
  const fileNames = await readdir(folder).catch((error: unknown) => {
    throw describeFileError(error, folder);
  });
  const hash = createHash('sha256').update(configBytes);
  const plan = await findWeightFiles(folder, fileNames);
  const { tensors, files, problems: faults } = await readWeightHeaders({ folder, plan, hash }, context);
  const problems = [...faults];
  const quantisation = findQuantisation(config, tensors);
  const adapted =
    model.adapter === null ? null : await adaptSource({ adapter: model.adapter, folders, config, tensors, hash });
  problems.push(...(adapted?.problems ?? []));
  if (quantisation !== null) problems.push(quantisation);
  const layerCount = layerCountOf(config);
  if (layerCount === null) problems.push('config.json does not say how many layers it has (num_hidden_layers)');
  const tokenizer = await readSourceTokenizer({ folder, fileNames, withVocabulary, readings: tokenizers });
  return {
    key: recipeModelKey(model),
    path: folder,
    name: checkpointName(folder),
    config,
    configText: new TextDecoder().decode(configBytes),
    layerCount: layerCount ?? 0,
    tensors: adapted?.tensors ?? tensors,
    files: [...files.map(({ path, size, changedAt }) => ({ path, size, changedAt })), ...(adapted?.files ?? [])],
    tokenizer,
    chatTemplate: await readChatTemplate({ path: folder, format: 'safetensors' }),
    companions: fileNames.filter(isCompanion).sort(),
    fingerprint: hash.digest('hex'),
    problems,
  };
}

interface AdaptParams extends Pick<ReadMergeSourcesParams, 'folders'> {
  readonly adapter: NonNullable<SourceReference['adapter']>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Fed. */
  readonly hash: Hash;
}

/** A model's tensors with an adapter on them. */
async function adaptSource({
  adapter,
  folders,
  config,
  tensors,
  hash,
}: AdaptParams): Promise<Pick<MergeSource, 'tensors' | 'files' | 'problems'>> {
  const folder = await locateModel({ ...adapter, adapter: null }, folders);
  const { config: settings, tensors: adapterTensors, file } = await readAdapter(folder, hash);
  const merged = mergeAdapter({
    config: settings,
    adapter: adapterTensors,
    base: tensors,
    ...findAdaptable(config, tensors),
  });
  return {
    tensors: merged.tensors,
    problems: merged.problems.map((problem) => `${folder}: ${problem}`),
    files: [file],
  };
}

/** The folder of a model: from each of the folders in turn, then from the hub's cache. */
async function locateModel({ path, revision }: SourceReference, folders: readonly string[]): Promise<string> {
  if (revision === null) {
    for (const folder of folders) {
      const candidate = resolve(folder, path);
      const found = await stat(candidate).catch(() => null);
      if (found === null) continue;
      if (found.isDirectory()) return candidate;
      throw new AlidadeError({
        code: 'unsupported',
        message: `${candidate} is a file`,
        hint: 'give the folder with config.json and .safetensors files; .gguf files are not merged',
      });
    }
  }
  const reference = revision === null ? path : `${path}@${revision}`;
  const location = await resolveModelReference(reference, { cwd: folders[0] ?? process.cwd() });
  return location.path;
}

/** What goes with a model besides its weights. Not its card, which is another model's. */
function isCompanion(name: string): boolean {
  return (
    /^(tokenizer|added_tokens|special_tokens_map|vocab|chat_template|generation_config|preprocessor_config|processor_config|video_preprocessor_config|normalizer)\.(json|model|jinja|txt)$/.test(
      name,
    ) || /^(tokenizer_config\.json|merges\.txt|sentencepiece\.bpe\.model|spiece\.model)$/.test(name)
  );
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new AlidadeError({ code: 'format', message: `${path} is not a JSON object` });
}
