import type { Hash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { maximumIndexLength, parseSafetensorsIndex } from '../../core/checkpoint/parseSafetensorsIndex';
import { readSafetensorsHeader } from '../../core/checkpoint/readSafetensorsHeader';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { withFile } from './fileByteSource';
import { readSmallFile } from './readSmallFile';

/** Which .safetensors files of a folder hold its weights. */
export interface WeightPlan {
  readonly files: readonly string[];
  /** Tensor -> file, from the index; null without one. */
  readonly weightMap: ReadonlyMap<string, string> | null;
  readonly indexName: string | null;
}

/**
 * @param fileNames of the folder.
 * @throws AlidadeError `not_found` where there are none; FormatError for an index that cannot be read.
 */
export async function findWeightFiles(folder: string, fileNames: readonly string[]): Promise<WeightPlan> {
  const single = 'model.safetensors';
  if (fileNames.includes(single)) return { files: [single], weightMap: null, indexName: null };
  const indexName = `${single}.index.json`;
  if (fileNames.includes(indexName)) return readWeightIndex(folder, indexName);
  const others = fileNames.filter((name) => name.endsWith('.safetensors'));
  if (others.length === 1) return { files: others, weightMap: null, indexName: null };
  const what = others.length === 0 ? 'no .safetensors file' : `${others.length} .safetensors files and no ${indexName}`;
  const isOnlyPickle = fileNames.some((name) => /^pytorch_model.*\.bin$/.test(name));
  throw new AlidadeError({
    code: others.length === 0 ? 'not_found' : 'format',
    message: `${folder} has ${what}`,
    hint: isOnlyPickle ? 'pickled weights are not read: save the model as safetensors' : 'fetch the weights again',
  });
}

/** The files that an index names. @throws FormatError */
export async function readWeightIndex(folder: string, indexName: string): Promise<WeightPlan> {
  const path = join(folder, indexName);
  const bytes = await readSmallFile({ path, most: maximumIndexLength });
  if (bytes === null) throw new AlidadeError({ code: 'not_found', message: `${path} does not exist` });
  const { files, weightMap } = parseSafetensorsIndex(bytes, path);
  return { files, weightMap, indexName };
}

interface HeadersParams {
  readonly folder: string;
  readonly plan: WeightPlan;
  /** Fed with names, sizes, times and headers of the files. */
  readonly hash?: Hash;
}

/** A weight file as it was when its header was read. */
export interface WeightFile {
  /** Absolute, links followed: in the hub cache this is the blob behind the link. */
  readonly path: string;
  /** Beside the index. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  /** `__metadata__` of its header. */
  readonly metadata: ReadonlyMap<string, string>;
}

export interface WeightHeaders {
  /** In the order of the files. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly files: readonly WeightFile[];
  /** What index and files do not agree on, in words. */
  readonly problems: readonly string[];
}

/** Headers of the weight files of a folder. @throws FormatError for a file that breaks its format. */
export async function readWeightHeaders(
  { folder, plan, hash }: HeadersParams,
  context: Pick<JobContext, 'signal'>,
): Promise<WeightHeaders> {
  const tensors = new Map<string, TensorEntry>();
  const files: WeightFile[] = [];
  const problems: string[] = [];
  const missingFiles = new Set<string>();
  for (const name of plan.files) {
    throwIfCancelled(context.signal);
    const path = join(folder, name);
    try {
      await withFile(path, async (source) => {
        const header = await readSafetensorsHeader(source);
        hash
          ?.update(`\0${name}\0${source.size}\0${source.changedAt}\0`)
          .update(await source.read(0, header.dataOffset));
        // The runtime maps the file itself.
        const file = await realpath(path);
        files.push({ path: file, name, size: source.size, changedAt: source.changedAt, metadata: header.metadata });
        for (const entry of header.tensors.values()) {
          const owner = plan.weightMap?.get(entry.name);
          if (plan.weightMap !== null && owner !== name) {
            const where = owner === undefined ? `does not name it` : `expects it in ${owner}`;
            problems.push(`tensor ${entry.name} is in ${name}, but ${plan.indexName} ${where}`);
            continue;
          }
          tensors.set(entry.name, { ...entry, file });
        }
      });
    } catch (error) {
      if (!(error instanceof AlidadeError) || error.code !== 'not_found') throw error;
      missingFiles.add(name);
      problems.push(`the weight file ${name}, named in ${plan.indexName ?? 'the folder'}, does not exist`);
    }
  }
  for (const [tensor, name] of plan.weightMap ?? []) {
    if (!tensors.has(tensor) && !missingFiles.has(name))
      problems.push(`tensor ${tensor} is not in ${name}, where ${plan.indexName} has it`);
  }
  return { tensors, files, problems };
}
