import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { checkTensors, isIgnoredTensor } from '../../core/checkpoint/checkTensors';
import { canonicalTensors } from '../../core/checkpoint/canonicalTensors';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { detectHead } from '../../core/checkpoint/detectHead';
import { maximumConfigLength, parseConfigJson } from '../../core/checkpoint/parseConfigJson';
import { parseModelConfig } from '../../core/checkpoint/parseModelConfig';
import { summariseWeights } from '../../core/checkpoint/summariseWeights';
import type { JobContext } from '../../core/jobContext';
import { checkpointName } from './checkpointName';
import { describeFileError } from './describeFileError';
import { withFile } from './fileByteSource';
import { readLicense } from './readLicense';
import { readSmallFile } from './readSmallFile';
import { findWeightFiles, readWeightHeaders } from './weightFiles';

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
  const plan = await findWeightFiles(folder, fileNames);
  const hash = createHash('sha256').update(configBytes);
  const weights = await readWeightHeaders({ folder, plan, hash }, context);
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']) {
    if (!fileNames.includes(name)) continue;
    await withFile(join(folder, name), (source) =>
      Promise.resolve(hash.update(`\0${name}\0${source.size}\0${source.changedAt}`)),
    );
  }
  const tensors = canonicalTensors(config, weights.tensors);
  const head = detectHead(config, tensors, checkpointName(folder));
  return {
    path: folder,
    name: checkpointName(folder),
    format: 'safetensors',
    config,
    tensors,
    head,
    ...summariseWeights([...tensors.values()].filter(({ name }) => !isIgnoredTensor(name))),
    bytes: weights.files.reduce((sum, { size }) => sum + size, 0),
    license: await readLicense(folder, fileNames),
    fingerprint: hash.digest('hex'),
    problems: [...weights.problems, ...checkTensors({ config, head, tensors })],
  };
}
