import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAdapterConfig } from '../../core/checkpoint/adapterConfig';
import type { AdapterConfig } from '../../core/checkpoint/adapterConfig';
import { AlidadeError } from '../../core/alidadeError';
import { checkTensors, isIgnoredTensor } from '../../core/checkpoint/checkTensors';
import type { Checkpoint, CheckpointAdapter } from '../../core/checkpoint/checkpoint';
import { detectHead } from '../../core/checkpoint/detectHead';
import { mergeAdapter } from '../../core/checkpoint/mergeAdapter';
import type { ModelConfig } from '../../core/checkpoint/modelConfig';
import { maximumConfigLength, parseConfigJson } from '../../core/checkpoint/parseConfigJson';
import { readSafetensorsHeader } from '../../core/checkpoint/readSafetensorsHeader';
import { summariseWeights } from '../../core/checkpoint/summariseWeights';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { describeDecoder } from '../../core/onnx/architectures/describeDecoder';
import { listDecoderLinears } from '../../core/onnx/decoderDescription';
import { checkpointName } from './checkpointName';
import { withFile } from './fileByteSource';
import { readLicense } from './readLicense';
import { readSmallFile } from './readSmallFile';
import { resolveModelReference } from './resolveModelReference';

export const adapterConfigName = 'adapter_config.json';
const weightsName = 'adapter_model.safetensors';

/** Whether a folder holds an adapter, by the names in it. A model saved whole counts as that: its adapter was merged. */
export function isAdapterFolder(fileNames: readonly string[]): boolean {
  const isWhole = fileNames.includes('model.safetensors') || fileNames.includes('model.safetensors.index.json');
  return fileNames.includes(adapterConfigName) && !isWhole;
}

/**
 * Opens a LoRA adapter as PEFT saves it, with its base under it, as one model. Reads headers and small texts only.
 * What does not fit is listed in `problems`, all of it.
 * @throws AlidadeError `not_found` when its weights or its base are not there, `unsupported`, or FormatError.
 */
export async function openAdapterCheckpoint(
  folder: string,
  openBase: (path: string) => Promise<Checkpoint>,
): Promise<Checkpoint> {
  const fileNames = await readdir(folder);
  const hash = createHash('sha256');
  const { config, ...weights } = await readAdapter(folder, hash);
  const basePath = await locateBase(folder, config);
  // Before it is opened: two adapters may name each other.
  if (isAdapterFolder(await readdir(basePath).catch((): string[] => []))) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${folder}: its base ${basePath} is an adapter itself`,
      hint: 'merge the lower adapter into its base with PEFT: merge_and_unload',
    });
  }
  const base = await openBase(basePath);
  const decoder = describeDecoder(base.config);
  const conv1d = listDecoderLinears(decoder).filter(({ layout }) => layout === 'conv1d');
  const merged = mergeAdapter({
    config,
    adapter: weights.tensors,
    base: base.tensors,
    conv1d: new Set(conv1d.map(({ weight }) => weight)),
    embedding: decoder.embedding,
    languageModelHead: decoder.languageModelHead,
  });
  const { tensors } = merged;
  const modelConfig = configOf(base, config, tensors.get(decoder.embedding));
  const head = detectHead(modelConfig, tensors, checkpointName(folder));
  const hasText = fileNames.includes('tokenizer.json');
  const { tokenizers, textSource } = hasText
    ? { tokenizers: await fingerprintTexts(folder, fileNames), textSource: null }
    : { tokenizers: '', textSource: base.textSource ?? { path: base.path, format: base.format } };
  return {
    path: folder,
    name: checkpointName(folder),
    format: 'safetensors',
    config: modelConfig,
    tensors,
    head,
    ...summariseWeights(distinct(tensors.values())),
    bytes: base.bytes + weights.file.size,
    license: (await readLicense(folder, fileNames)) ?? base.license,
    fingerprint: hash.update(tokenizers).update(base.fingerprint).digest('hex'),
    adapter: describeAdapter(base, config, tensors.values()),
    ...(textSource === null ? {} : { textSource }),
    problems: [
      ...problemsOfFiles(base),
      ...merged.problems,
      ...checkTensors({ config: modelConfig, head, tensors }),
      ...checkTask(config, head, folder),
    ],
  };
}

/** An adapter as its files have it, without its base. */
export interface AdapterFiles {
  readonly config: AdapterConfig;
  /** Under the names of adapter_model.safetensors. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly file: { readonly path: string; readonly size: number; readonly changedAt: number };
}

/** @throws AlidadeError `not_found`, `unsupported`, FormatError */
export async function readAdapter(folder: string, hash: Hash): Promise<AdapterFiles> {
  const configPath = join(folder, adapterConfigName);
  const configBytes = await readSmallFile({ path: configPath, most: maximumConfigLength });
  if (configBytes === null) {
    throw new AlidadeError({
      code: 'not_found',
      message: `${folder} has no ${adapterConfigName}`,
      hint: 'give the folder of a LoRA adapter as PEFT saves it',
    });
  }
  const config = parseAdapterConfig(parseConfigJson(configBytes, configPath), configPath);
  const weights = await readWeights(folder, await readdir(folder), hash.update(configBytes));
  return { config, ...weights };
}

async function readWeights(
  folder: string,
  fileNames: readonly string[],
  hash: Hash,
): Promise<Pick<AdapterFiles, 'tensors' | 'file'>> {
  if (!fileNames.includes(weightsName)) {
    const pickled = fileNames.find((name) => /^adapter_model.*\.(bin|pt)$/.test(name));
    throw new AlidadeError({
      code: pickled === undefined ? 'not_found' : 'unsupported',
      message: `${folder} has no ${weightsName}${pickled === undefined ? '' : `, only ${pickled}, which is pickled`}`,
      hint:
        pickled === undefined
          ? 'fetch or copy the adapter again'
          : 'pickled weights are not read: save the adapter with safe_serialization=True',
    });
  }
  const path = join(folder, weightsName);
  const file = await realpath(path);
  return withFile(path, async (source) => {
    const header = await readSafetensorsHeader(source);
    hash.update(`\0${source.size}\0${source.changedAt}\0`).update(await source.read(0, header.dataOffset));
    const tensors = new Map([...header.tensors.values()].map((entry) => [entry.name, { ...entry, file }]));
    return { tensors, file: { path: file, size: source.size, changedAt: source.changedAt } };
  });
}

/** A path, from the adapter's folder or the current one, or a model in the hub cache. */
async function locateBase(folder: string, { base, revision }: AdapterConfig): Promise<string> {
  for (const path of [resolve(folder, base), resolve(base)]) {
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    // An adapter saved with its own folder as its base would be opened for ever.
    if (isThere && path !== folder) return (await resolveModelReference(path, { cwd: folder })).path;
  }
  const shown = revision === null ? base : `${base}@${revision}`;
  try {
    const { path } = await resolveModelReference(shown, { cwd: folder });
    if (path !== folder) return path;
  } catch (error) {
    if (!(error instanceof AlidadeError) || error.code !== 'not_found') throw error;
  }
  throw new AlidadeError({
    code: 'not_found',
    message: `${folder}: the model that this adapter changes, ${shown}, is not on this machine`,
    hint: `fetch it with \`alidade download ${shown}\`, or name its folder as base_model_name_or_path in ${adapterConfigName}`,
  });
}

/** The base's configuration as the adapter leaves it: another class with another task, more rows with another vocabulary. */
function configOf(base: Checkpoint, { taskType }: AdapterConfig, embedding: TensorEntry | undefined): ModelConfig {
  const { config } = base;
  const family = /^(.+?)(?:LMHeadModel|Model|For[A-Z].*)$/.exec(config.architecture)?.[1] ?? config.architecture;
  const isClassifier = taskType === 'SEQ_CLS' && !config.architecture.endsWith('ForSequenceClassification');
  const replaced = base.tensors.get(embedding?.name ?? '')?.file !== embedding?.file;
  return {
    ...config,
    ...(isClassifier ? { architecture: `${family}ForSequenceClassification` } : {}),
    ...(replaced && embedding !== undefined ? { vocabSize: embedding.shape[0] } : {}),
  };
}

/** The base's problems with its files; those with its tensors are found again in what the adapter makes of them. */
function problemsOfFiles(base: Checkpoint): readonly string[] {
  const ofTensors = new Set(checkTensors(base));
  return base.problems.filter((problem) => !ofTensors.has(problem)).map((problem) => `its base: ${problem}`);
}

function checkTask({ taskType }: AdapterConfig, head: Checkpoint['head'], folder: string): readonly string[] {
  if (taskType !== 'SEQ_CLS' || head !== null) return [];
  return [`${folder} was trained to classify, but neither it nor its base has a head for that`];
}

async function fingerprintTexts(folder: string, fileNames: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']) {
    if (!fileNames.includes(name)) continue;
    parts.push(
      await withFile(join(folder, name), (source) => Promise.resolve(`\0${name}\0${source.size}\0${source.changedAt}`)),
    );
  }
  return parts.join('');
}

/** Tensors that share their bytes (an embedding that is the head too) count once. */
function distinct(tensors: Iterable<TensorEntry>): TensorEntry[] {
  const seen = new Map<string, TensorEntry>();
  for (const entry of tensors) {
    if (!isIgnoredTensor(entry.name)) seen.set(`${entry.file}\0${entry.offset}`, entry);
  }
  return [...seen.values()];
}

function describeAdapter(
  { name, path }: Checkpoint,
  { usesDora }: AdapterConfig,
  tensors: Iterable<TensorEntry>,
): CheckpointAdapter {
  const ranks = [...tensors].flatMap(({ adapter }) => (adapter === undefined ? [] : [adapter.rank]));
  return {
    base: { name, path },
    matrices: ranks.length,
    ranks: ranks.length === 0 ? null : { least: Math.min(...ranks), most: Math.max(...ranks) },
    kind: usesDora ? 'DoRA' : 'LoRA',
  };
}
