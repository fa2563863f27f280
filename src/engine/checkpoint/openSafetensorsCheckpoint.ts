import { createHash } from 'node:crypto';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { checkTensors, isIgnoredTensor } from '../../core/checkpoint/checkTensors';
import { canonicalTensors } from '../../core/checkpoint/canonicalTensors';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { detectHead } from '../../core/checkpoint/detectHead';
import { maximumConfigLength, parseConfigJson } from '../../core/checkpoint/parseConfigJson';
import { parseModelConfig } from '../../core/checkpoint/parseModelConfig';
import { readSafetensorsHeader } from '../../core/checkpoint/readSafetensorsHeader';
import { maximumIndexLength, parseSafetensorsIndex } from '../../core/checkpoint/parseSafetensorsIndex';
import { summariseWeights } from '../../core/checkpoint/summariseWeights';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { checkpointName } from './checkpointName';
import { describeFileError } from './describeFileError';
import { withFile } from './fileByteSource';
import { readLicense } from './readLicense';
import { readSmallFile } from './readSmallFile';

/** Opens a folder in the Hugging Face layout; see openCheckpoint. */
export async function openSafetensorsCheckpoint(
  folder: string,
  context: Pick<JobContext, 'signal'>,
): Promise<Checkpoint> {
  const configPath = join(folder, 'config.json');
  const configBytes = await readSmallFile({ path: configPath, most: maximumConfigLength });
  if (configBytes === null) {
    throw new AlidadeError({
      code: 'not_found',
      message: `${folder} has no config.json`,
      hint: 'give a folder with config.json and .safetensors files, or a .gguf file',
    });
  }
  const config = parseModelConfig(parseConfigJson(configBytes, configPath), configPath);
  const fileNames = await readdir(folder).catch((error: unknown) => {
    throw describeFileError(error, folder);
  });
  const problems: string[] = [];
  const plan = await findWeightFiles(folder, fileNames);
  const hash = createHash('sha256').update(configBytes);
  const weights = await readHeaders({ folder, plan, hash, problems }, context);
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']) {
    if (!fileNames.includes(name)) continue;
    await withFile(join(folder, name), (source) =>
      Promise.resolve(hash.update(`\0${name}\0${source.size}\0${source.changedAt}`)),
    );
  }
  const tensors = canonicalTensors(config, weights.tensors);
  const head = detectHead(config, tensors, checkpointName(folder));
  problems.push(...checkTensors({ config, head, tensors }));
  return {
    path: folder,
    name: checkpointName(folder),
    format: 'safetensors',
    config,
    tensors,
    head,
    ...summariseWeights([...tensors.values()].filter(({ name }) => !isIgnoredTensor(name))),
    bytes: weights.bytes,
    license: await readLicense(folder, fileNames),
    fingerprint: hash.digest('hex'),
    problems,
  };
}

interface WeightPlan {
  readonly files: readonly string[];
  /** Tensor -> file, from the index; null without one. */
  readonly weightMap: ReadonlyMap<string, string> | null;
  readonly indexName: string | null;
}

async function findWeightFiles(folder: string, fileNames: readonly string[]): Promise<WeightPlan> {
  const single = 'model.safetensors';
  if (fileNames.includes(single)) return { files: [single], weightMap: null, indexName: null };
  const indexName = `${single}.index.json`;
  if (fileNames.includes(indexName)) {
    const path = join(folder, indexName);
    const bytes = await readSmallFile({ path, most: maximumIndexLength });
    const { files, weightMap } = parseSafetensorsIndex(bytes ?? new Uint8Array(), path);
    return { files, weightMap, indexName };
  }
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

interface HeadersParams {
  readonly folder: string;
  readonly plan: WeightPlan;
  readonly hash: ReturnType<typeof createHash>;
  /** Filled. */
  readonly problems: string[];
}

async function readHeaders(
  { folder, plan, hash, problems }: HeadersParams,
  context: Pick<JobContext, 'signal'>,
): Promise<{ readonly tensors: Map<string, TensorEntry>; readonly bytes: number }> {
  const tensors = new Map<string, TensorEntry>();
  const missingFiles = new Set<string>();
  let bytes = 0;
  for (const name of plan.files) {
    throwIfCancelled(context.signal);
    const path = join(folder, name);
    try {
      await withFile(path, async (source) => {
        const header = await readSafetensorsHeader(source);
        hash.update(`\0${name}\0${source.size}\0${source.changedAt}\0`).update(await source.read(0, header.dataOffset));
        bytes += source.size;
        // The runtime maps the file itself; in the hub cache this is the blob behind the link.
        const file = await realpath(path);
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
  return { tensors, bytes };
}
