import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { describeGgufValue, shortenText } from '../../core/checkpoint/describeGgufValue';
import { maximumConfigLength } from '../../core/checkpoint/parseConfigJson';
import { readGguf } from '../../core/checkpoint/readGguf';
import type { FileMetadata, TensorFile } from '../../core/checkpoint/tensorFile';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from './describeFileError';
import { withFile } from './fileByteSource';
import { readSmallFile } from './readSmallFile';
import { findWeightFiles, readWeightHeaders, readWeightIndex, type WeightFile, type WeightPlan } from './weightFiles';

/**
 * Reads what a `.safetensors` file, an index of them, a `.gguf` file or a folder of weights holds. Headers only, of any
 * architecture: what cannot be run can be looked at.
 * @throws AlidadeError `not_found`, `permission`, `unsupported`; FormatError with file, tensor and offset.
 */
export async function readTensorFile(path: string, context: Pick<JobContext, 'signal'>): Promise<TensorFile> {
  throwIfCancelled(context.signal);
  const absolute = resolve(path);
  const found = await stat(absolute).catch((error: unknown) => {
    throw describeFileError(error, absolute);
  });
  if (found.isDirectory()) return readFolder(absolute, context);
  const [folder, name] = [dirname(absolute), basename(absolute)];
  const lowerCase = name.toLowerCase();
  if (lowerCase.endsWith('.gguf')) return readGgufTensors(absolute);
  if (lowerCase.endsWith('.safetensors')) {
    const plan = { files: [name], weightMap: null, indexName: null };
    return readShards({ path: absolute, folder, plan }, context);
  }
  if (lowerCase.endsWith('.safetensors.index.json')) {
    return readShards({ path: absolute, folder, plan: await readWeightIndex(folder, name) }, context);
  }
  throw new AlidadeError({
    code: 'unsupported',
    message: `${absolute} holds no tensors that can be read`,
    hint: 'give a .safetensors file, its .safetensors.index.json, or a .gguf file',
  });
}

async function readFolder(folder: string, context: Pick<JobContext, 'signal'>): Promise<TensorFile> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw describeFileError(error, folder);
  });
  return readShards({ path: folder, folder, plan: await findWeightFiles(folder, names) }, context);
}

interface ShardsParams {
  readonly path: string;
  readonly folder: string;
  readonly plan: WeightPlan;
}

async function readShards(
  { path, folder, plan }: ShardsParams,
  context: Pick<JobContext, 'signal'>,
): Promise<TensorFile> {
  const { tensors, files, problems } = await readWeightHeaders({ folder, plan }, context);
  return {
    path,
    format: 'safetensors',
    files: files.map(({ metadata: _metadata, ...file }) => file),
    tensors: [...tensors.values()],
    ...boundMetadata(joinMetadata(files)),
    ...(await readConfig(folder, problems)),
  };
}

/** What all files say alike stands without the name of a file. */
function joinMetadata(files: readonly WeightFile[]): FileMetadata[] {
  const joined = new Map<string, FileMetadata>();
  for (const { name, metadata } of files) {
    for (const [key, value] of metadata) {
      const known = joined.get(key);
      const shown = { key, value: shortenText(value) };
      if (known === undefined) joined.set(key, shown);
      else if (known.value !== shown.value) joined.set(`${name}\0${key}`, { ...shown, key: `${key} (${name})` });
    }
  }
  return [...joined.values()];
}

const mostEntries = 2000;
const mostCharacters = 2_000_000;

/** A file may have more of them than anybody reads; every one is short already. */
function boundMetadata(entries: readonly FileMetadata[]): Pick<TensorFile, 'metadata' | 'metadataLeftOut'> {
  let characters = 0;
  const kept = entries.slice(0, mostEntries).filter(({ key, value }) => {
    characters += key.length + value.length;
    return characters <= mostCharacters;
  });
  return { metadata: kept, metadataLeftOut: entries.length - kept.length };
}

/** The configuration of a model, else that of an adapter. */
async function readConfig(
  folder: string,
  problems: readonly string[],
): Promise<Pick<TensorFile, 'config' | 'problems'>> {
  for (const name of ['config.json', 'adapter_config.json']) {
    try {
      const bytes = await readSmallFile({ path: join(folder, name), most: maximumConfigLength });
      if (bytes !== null) return { config: { name, text: new TextDecoder().decode(bytes) }, problems };
    } catch (error) {
      // The tensors can be shown all the same.
      const { message } = describeFileError(error, join(folder, name));
      return { config: null, problems: [...problems, message] };
    }
  }
  return { config: null, problems };
}

function readGgufTensors(path: string): Promise<TensorFile> {
  return withFile(path, async (source) => {
    const { version, metadata, tensors } = await readGguf(source);
    const file = await realpath(path);
    return {
      path,
      format: 'gguf',
      files: [{ path: file, name: basename(path), size: source.size, changedAt: source.changedAt }],
      tensors: [...tensors.values()].map((entry) => ({ ...entry, file })),
      ...boundMetadata([
        { key: 'GGUF version', value: String(version) },
        ...[...metadata].map(([key, value]) => ({ key, value: describeGgufValue(value) })),
      ]),
      config: null,
      problems: [],
    };
  });
}
