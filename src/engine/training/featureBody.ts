import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint, TokenizerSource } from '../../core/checkpoint/checkpoint';
import { FormatError } from '../../core/formatError';
import type { JobContext } from '../../core/jobContext';
import { compareKeys, type RunKey } from '../../core/journal';
import { isRecord } from '../../core/promptFile/rowProblem';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { hashFile } from '../checkpoint/verifiedFile';
import { readSmallFile } from '../checkpoint/readSmallFile';
import { replaceFile } from '../replaceFile';

/** The model whose states are read. */
export interface FeatureBody {
  readonly name: string;
  /** SHA-256 of its weights: of their one file, or of the hashes of several. The same on every machine. */
  readonly hash: string;
  readonly hiddenSize: number;
  readonly layerCount: number;
}

export interface StoreKeyParts {
  readonly checkpoint: Checkpoint;
  readonly texts: TokenizerSource;
  readonly layer: number | 'final';
  /** How long texts may be, in words. */
  readonly mostTokens: string;
  readonly dtype: string;
}

/** Of how features are made: raised when the same text gets other states. */
const version = '1';

/** What must be the same for features to be the same, besides the text. */
export function storeKey({ checkpoint, texts, layer, mostTokens, dtype }: StoreKeyParts): RunKey {
  const { pieceScores, ...rest } = texts;
  const described = JSON.stringify([rest, pieceScores === undefined ? null : [...pieceScores]]);
  return {
    version,
    model: checkpoint.fingerprint,
    'tokenizer and template': createHash('sha256').update(described).digest('hex'),
    layer: String(layer),
    'most tokens': mostTokens,
    'number format': dtype,
  };
}

/** "SmolLM2-135M-Instruct-20-1f0a…": a folder's name for a store. */
export function storeName({ name }: Pick<Checkpoint, 'name'>, key: RunKey): string {
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex');
  return `${name.replace(/[^\w.-]+/g, '_').slice(0, 60)}-${key['layer'] ?? ''}-${hash.slice(0, 16)}`;
}

const fileName = 'store.json';
const longestDescription = 1_000_000; // bytes

/**
 * Whose features a store keeps, from its `store.json`; where there is none, from the model.
 * @throws AlidadeError `format` for a store of something else, `permission`, `no_space`, `cancelled`.
 */
export async function describeStore(
  { folder, key, checkpoint }: { readonly folder: string; readonly key: RunKey; readonly checkpoint: Checkpoint },
  context: JobContext,
): Promise<FeatureBody> {
  const path = join(folder, fileName);
  const { hiddenSize, layerCount } = checkpoint.config;
  const bytes = await readSmallFile({ path, most: longestDescription });
  if (bytes !== null) {
    const hash = readDescription(new TextDecoder().decode(bytes), path, key);
    return { name: checkpoint.name, hash, hiddenSize, layerCount };
  }
  return { name: checkpoint.name, hash: await hashWeights(checkpoint, context), hiddenSize, layerCount };
}

/** Notes whose features a store keeps, once; its folder exists. @throws AlidadeError `permission`, `no_space`. */
export async function writeDescription(folder: string, key: RunKey, body: FeatureBody): Promise<void> {
  if (existsSync(join(folder, fileName))) return;
  await replaceFile(join(folder, fileName), `${JSON.stringify({ alidadeFeatures: 1, key, body }, null, 2)}\n`);
}

/** @returns the hash of the body. */
function readDescription(text: string, path: string, key: RunKey): string {
  const hint = 'remove its folder, and the features are made again; or choose another folder';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FormatError({ problem: 'not valid JSON', file: path, hint, cause });
  }
  const found = isRecord(value) ? value : {};
  const body = found['body'];
  if (!isRecord(found['key']) || !isRecord(body) || typeof body['hash'] !== 'string') {
    throw new FormatError({ problem: 'it does not say whose features these are', file: path, hint });
  }
  const others = compareKeys(found['key'] as RunKey, key);
  if (others.length === 0) return body['hash'];
  throw new FormatError({ problem: `the features were made with another ${others.join(', ')}`, file: path, hint });
}

/** The blobs of the hub's cache are called by their SHA-256. */
const hashName = /^[0-9a-f]{64}$/;

async function hashWeights(checkpoint: Checkpoint, context: JobContext): Promise<string> {
  const files = [...new Set(Array.from(checkpoint.tensors.values(), ({ file }) => file))].sort();
  if (files.length === 0) throw new AlidadeError({ code: 'weights', message: `${checkpoint.path} has no weights` });
  const hashes: string[] = [];
  try {
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    let done = 0;
    for (const [index, file] of files.entries()) {
      context.progress({ message: 'Identifying the model', done, total, unit: 'bytes' });
      const name = basename(await realpath(file));
      hashes.push(hashName.test(name) ? name : await hashFile(file, context.signal));
      done += sizes[index];
    }
  } catch (error) {
    throwIfCancelled(context.signal);
    throw describeFileError(error, checkpoint.path);
  }
  return hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.sort().join(' ')).digest('hex');
}
