import { AlidadeError } from '../../core/alidadeError';
import { canonicalTensors } from '../../core/checkpoint/canonicalTensors';
import { checkTensors, isIgnoredTensor } from '../../core/checkpoint/checkTensors';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { detectHead } from '../../core/checkpoint/detectHead';
import type { ModelConfig } from '../../core/checkpoint/modelConfig';
import { maximumConfigLength, parseConfigJson } from '../../core/checkpoint/parseConfigJson';
import { parseModelConfig } from '../../core/checkpoint/parseModelConfig';
import { summariseWeights } from '../../core/checkpoint/summariseWeights';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { FormatError } from '../../core/formatError';
import type { MergePlan, PlannedTensor } from '../../core/merging/plan/mergePlan';
import { createTexts } from '../checkpoint/openTokenizer';
import type { OpenedTokenizer } from '../checkpoint/openTokenizer';
import { readSmallFile } from '../checkpoint/readSmallFile';
import { readTokenizerFiles } from '../checkpoint/readTokenizerSource';
import { readTokenizerCompanion } from './readTokenizerCompanion';

/** What a merge would be on disk, without being there: a checkpoint whose tensors have no bytes. */
export interface MergedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The tensors of the plan, by the names that transformers has for them (`checkpoint.tensors`). */
  readonly planned: ReadonlyMap<string, PlannedTensor>;
  /** Equal for plans whose graphs, texts and shapes are the same, whatever the values of their tensors. */
  readonly structure: string;
}

/**
 * @throws AlidadeError `unsupported` for an architecture that cannot be run here, `weights` when the tensors do not fit it:
 * such models can be merged all the same.
 */
export async function describeMergedCheckpoint(plan: MergePlan): Promise<MergedCheckpoint> {
  const path = shownName(plan);
  const configBytes = await readCompanion(plan, 'config.json', maximumConfigLength);
  if (configBytes === null) {
    throw new AlidadeError({ code: 'weights', message: `${path}: the merge has no config.json` });
  }
  const config = runnableConfig(configBytes, path);
  const byName = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const tensors = canonicalTensors(config, new Map(plan.tensors.map((tensor) => [tensor.name, entryOf(tensor)])));
  const head = detectHead(config, tensors, path);
  const problems = checkTensors({ config, head, tensors });
  if (0 < problems.length) {
    throw new AlidadeError({
      code: 'weights',
      message: `${path} cannot be run: ${problems.join('; ')}`,
      hint: 'it can be merged all the same',
    });
  }
  const planned = [...tensors.values()].map(({ name, storedName = name }): [string, PlannedTensor] => [
    name,
    byName.get(storedName) as PlannedTensor,
  ]);
  const checkpoint: Checkpoint = {
    path,
    name: path,
    format: 'safetensors',
    config,
    tensors,
    head,
    ...summariseWeights([...tensors.values()].filter(({ name }) => !isIgnoredTensor(name))),
    bytes: plan.bytes,
    license: null,
    fingerprint: plan.fingerprint,
    problems: [],
  };
  return { checkpoint, planned: new Map(planned), structure: structureOf(plan, tensors, configBytes) };
}

/** @throws AlidadeError `unsupported`, FormatError. */
function runnableConfig(bytes: Uint8Array, path: string): ModelConfig {
  try {
    return parseModelConfig(parseConfigJson(bytes, 'config.json'), 'config.json');
  } catch (error) {
    if (!(error instanceof AlidadeError) || error.code !== 'unsupported') throw error;
    const message = `${path} cannot be run here: ${error.message}`;
    throw new AlidadeError({ code: 'unsupported', message, hint: 'it can be merged all the same', cause: error });
  }
}

/**
 * The tokenizer that the merge would have beside it.
 * @throws AlidadeError `not_found` where it would have none, `unsupported`, `template`; FormatError.
 */
export async function openMergedTokenizer(plan: MergePlan): Promise<OpenedTokenizer> {
  const path = shownName(plan);
  return createTexts(await readTokenizerFiles(path, (name, most) => readCompanion(plan, name, most)), path);
}

function shownName({ models }: MergePlan): string {
  return `merge of ${models.map(({ name }) => name).join(', ')}`;
}

async function readCompanion({ companions }: MergePlan, name: string, most: number): Promise<Uint8Array | null> {
  const companion = companions.find((candidate) => candidate.name === name);
  if (companion === undefined) return null;
  if (companion.kind === 'copy') return readSmallFile({ path: companion.from, most });
  const text = companion.kind === 'text' ? companion.text : await readTokenizerCompanion(companion);
  const bytes = new TextEncoder().encode(text);
  if (most < bytes.length) throw new FormatError({ problem: `a text of ${bytes.length} bytes`, file: name });
  return bytes;
}

function entryOf({ name, dtype, shape, bytes, place }: PlannedTensor): TensorEntry {
  return { name, dtype, shape, bytes, file: '', offset: place.offset };
}

function structureOf(
  { companions }: MergePlan,
  tensors: ReadonlyMap<string, TensorEntry>,
  configBytes: Uint8Array,
): string {
  // The card and the recipe say the ratios, too: they change nothing that is computed.
  const texts = companions.filter(({ name }) => /^(tokenizer|chat_template)/.test(name));
  const shapes = [...tensors.values()].map(({ name, shape }) => [name, shape]);
  return JSON.stringify([new TextDecoder().decode(configBytes), shapes, texts]);
}
