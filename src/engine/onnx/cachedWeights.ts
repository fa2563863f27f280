import { readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensorsHeader } from '../../core/checkpoint/readSafetensorsHeader';
import { readWeightFile } from '../../core/quantisation/weightFile';
import type { PlacedPart } from '../../core/quantisation/weightFile';
import { BLOCK_SIZE } from '../../core/quantisation/weightFormat';
import type { WeightFormat } from '../../core/quantisation/weightFormat';
import type { PartName } from '../../core/quantisation/weightParts';
import { withFile } from '../checkpoint/fileByteSource';
import type { PlannedWeight } from './convertWeights';
import type { StoredTensor, StoredWeight } from './storedWeight';
import { markUsed } from './weightCache';

export interface CachedWeight {
  readonly weight: StoredWeight;
  readonly format: WeightFormat;
  /** Relative error that quantisation made; null: none. */
  readonly loss: number | null;
}

/** The weights of a file that ensureCachedFile has completed, by name. */
export async function readCachedWeights(path: string): Promise<Map<string, CachedWeight>> {
  const file = await realpath(path);
  const weights = await withFile(file, async (source) => readWeightFile(await readSafetensorsHeader(source)));
  return new Map(
    [...(weights ?? [])].map(([name, { shape, format, loss, parts }]) => [
      name,
      { weight: storedWeight({ file, shape, format, parts }), format, loss },
    ]),
  );
}

/** What the files of the folder that begin with `prefix` have of the wanted, in just the formats that are wanted. */
export async function findCachedWeights({
  folder,
  prefix,
  wanted,
}: {
  readonly folder: string;
  readonly prefix: string;
  readonly wanted: readonly PlannedWeight[];
}): Promise<Map<string, CachedWeight>> {
  const found = new Map<string, CachedWeight>();
  if (wanted.length === 0) return found;
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((name) => name.startsWith(prefix) && name.endsWith('.safetensors')).sort()) {
    const path = join(folder, name);
    const cached = await readCachedWeights(path).catch(async () => {
      // It holds nothing, and would stand in the way of the one that is made instead.
      await rm(path, { force: true }).catch(() => undefined);
      return new Map<string, CachedWeight>();
    });
    const used = wanted.filter(({ entry, format }) => {
      const weight = found.has(entry.name) ? undefined : cached.get(entry.name);
      return weight !== undefined && JSON.stringify(weight.format) === JSON.stringify(format);
    });
    for (const { entry } of used) found.set(entry.name, cached.get(entry.name) as CachedWeight);
    if (0 < used.length) await markUsed(path);
  }
  return found;
}

interface PlacedWeight {
  readonly file: string;
  readonly shape: readonly number[];
  readonly format: WeightFormat;
  readonly parts: readonly PlacedPart[];
}

function storedWeight({ file, shape, format, parts }: PlacedWeight): StoredWeight {
  const find = (name: PartName): StoredTensor | null => {
    const part = parts.find((candidate) => candidate.name === name);
    if (part === undefined) return null;
    return { file, offset: part.offset, length: part.bytes, shape: part.shape, dtype: part.type };
  };
  const values = find('values') as StoredTensor;
  if (format.kind === 'dense') return { kind: 'dense', values };
  const [outputs, inputs] = shape;
  const scales = find('scales') as StoredTensor;
  if (format.kind === 'channels') return { kind: 'channels', outputs, inputs, values, scales };
  return {
    kind: 'blocks',
    bits: format.bits,
    blockSize: BLOCK_SIZE,
    outputs,
    inputs,
    values,
    scales,
    zeroPoints: find('zeroPoints'),
    offsets: find('offsets'),
  };
}
