import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { checkTensors, isIgnoredTensor } from '../../core/checkpoint/checkTensors';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { decodeTensor } from '../../core/checkpoint/decodeTensor';
import type { GgufFile } from '../../core/checkpoint/ggufFile';
import { ggufFamily, ggufModelConfig, type GgufRopeFactors } from '../../core/checkpoint/ggufModelConfig';
import { mapGgufTensors } from '../../core/checkpoint/mapGgufTensors';
import { readGguf } from '../../core/checkpoint/readGguf';
import { summariseWeights } from '../../core/checkpoint/summariseWeights';
import { findGgufTokenizerProblem } from '../../core/tokenizer/rebuildGgufTokenizer';
import { checkpointName } from './checkpointName';
import { withFile, type FileByteSource } from './fileByteSource';

/** Opens one .gguf file as a checkpoint; see openCheckpoint. */
export async function openGgufCheckpoint(path: string): Promise<Checkpoint> {
  return withFile(path, async (source) => {
    const gguf = await readGguf(source);
    const config = ggufModelConfig(gguf, path, await readRopeFactors(gguf, source));
    const file = await realpath(path);
    const mapped = mapGgufTensors(gguf.tensors.values(), {
      names: ggufFamily(gguf, path).gguf.names,
      headCount: config.headCount,
      keyValueHeadCount: config.keyValueHeadCount,
    });
    const tensors = new Map([...mapped].map(([name, entry]) => [name, { ...entry, file }]));
    const hash = createHash('sha256').update(await source.read(0, Math.min(gguf.dataOffset, source.size)));
    hash.update(`\0${basename(path)}\0${source.size}\0${source.changedAt}`);
    const license = gguf.metadata.get('general.license');
    return {
      path,
      // Not general.name, which converters fill with anything.
      name: checkpointName(path),
      format: 'gguf',
      config,
      tensors,
      head: null,
      ...summariseWeights([...tensors.values()].filter((entry) => !isIgnoredTensor(entry.name))),
      bytes: source.size,
      license: typeof license === 'string' && license !== '' ? license : null,
      fingerprint: hash.digest('hex'),
      problems: checkTensors({ config, head: null, tensors }),
      tokenizerProblem: findGgufTokenizerProblem(gguf.metadata),
    };
  });
}

/** Tables of rotary factors; a few hundred bytes each. */
async function readRopeFactors(gguf: GgufFile, source: FileByteSource): Promise<GgufRopeFactors> {
  const read = async (name: string): Promise<Float32Array | null> => {
    const entry = gguf.tensors.get(`${name}.weight`);
    if (entry === undefined || entry.dtype !== 'F32' || 65_536 < entry.bytes) return null;
    return decodeTensor(await source.read(entry.offset, entry.bytes), entry);
  };
  const [frequencies, short, long] = [
    await read('rope_freqs'),
    await read('rope_factors_short'),
    await read('rope_factors_long'),
  ];
  return { frequencies, short, long };
}
