import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointSummary } from '../../core/checkpoint/checkpointSummary';
import { maximumConfigLength, parseConfigJson } from '../../core/checkpoint/parseConfigJson';
import { readGguf } from '../../core/checkpoint/readGguf';
import { readSafetensorsHeader } from '../../core/checkpoint/readSafetensorsHeader';
import { summariseWeights, type WeightSummary } from '../../core/checkpoint/summariseWeights';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { checkpointName } from './checkpointName';
import { withFile } from './fileByteSource';
import { readLicense } from './readLicense';
import { readSmallFile } from './readSmallFile';

/** As much as can be said about a checkpoint that could not be opened, because of `problem`. Never throws. */
export async function summariseUnreadable(path: string, problem: string): Promise<CheckpointSummary> {
  const isFile = path.toLowerCase().endsWith('.gguf') && (await stat(path).catch(() => null))?.isDirectory() !== true;
  const known = isFile ? await describeGguf(path) : await describeFolder(path);
  return { path, name: checkpointName(path), head: null, ...known, problems: [problem] };
}

type Known = Pick<CheckpointSummary, 'architecture' | 'parameters' | 'dtype' | 'bytes' | 'license'>;

const noWeights = { parameters: null, dtype: null } as const;

async function describeGguf(path: string): Promise<Known> {
  const bytes = await fileSize(path);
  try {
    return await withFile(path, async (source) => {
      const { metadata, tensors } = await readGguf(source);
      const text = (key: string): string | null => {
        const value = metadata.get(key);
        return typeof value === 'string' && value !== '' ? value : null;
      };
      const architecture = text('general.architecture');
      return { architecture, ...summariseWeights(tensors.values()), bytes, license: text('general.license') };
    });
  } catch {
    return { architecture: null, ...noWeights, bytes, license: null };
  }
}

async function describeFolder(folder: string): Promise<Known> {
  const names = await readdir(folder).catch((): string[] => []);
  const files = names.filter((name) => name.endsWith('.safetensors')).map((name) => join(folder, name));
  const sizes = await Promise.all(files.map(fileSize));
  return {
    architecture: await readArchitecture(folder),
    ...(await countWeights(files)),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    license: await readLicense(folder, names).catch(() => null),
  };
}

async function readArchitecture(folder: string): Promise<string | null> {
  const path = join(folder, 'config.json');
  try {
    const bytes = await readSmallFile({ path, most: maximumConfigLength });
    if (bytes === null) return null;
    const config = parseConfigJson(bytes, path) as {
      readonly architectures?: unknown;
      readonly model_type?: unknown;
    } | null;
    const [first] = Array.isArray(config?.architectures) ? (config.architectures as unknown[]) : [];
    const named = first ?? config?.model_type;
    return typeof named === 'string' ? named : null;
  } catch {
    return null;
  }
}

/** null as soon as one file cannot be read: half a count would mislead. */
async function countWeights(files: readonly string[]): Promise<WeightSummary | typeof noWeights> {
  const entries: TensorEntry[] = [];
  try {
    for (const file of files) {
      await withFile(file, async (source) => {
        for (const entry of (await readSafetensorsHeader(source)).tensors.values()) entries.push(entry);
      });
    }
  } catch {
    return noWeights;
  }
  return entries.length === 0 ? noWeights : summariseWeights(entries);
}

async function fileSize(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
