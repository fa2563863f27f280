import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, link, readdir, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { safetensorsHeaderOf } from '../../core/checkpoint/safetensorsHeaderOf';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import { describeBytes } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { GrowingFile } from '../growingFile';
import { withFile } from '../checkpoint/fileByteSource';

/** How the weights of a body came into a folder. */
export type BodyPlacement = 'hard links' | 'symbolic links' | 'copies';

export interface PlacedBody {
  readonly placement: BodyPlacement;
  /** Tensor -> file. */
  readonly weightMap: ReadonlyMap<string, string>;
  /** Files that had to be written anew, since they hold other heads too or name their tensors otherwise. */
  readonly rewritten: readonly string[];
  /** Of all weights. */
  readonly bytes: number;
}

export interface PlaceBodyParams {
  readonly checkpoint: Checkpoint;
  /** Tensors of the body itself; of a file with any others the rest is left out. */
  readonly isOfBody: (name: string) => boolean;
  /** An empty folder. */
  readonly folder: string;
  readonly isCopying: boolean;
}

/** Bytes that are copied at a time. */
const chunkBytes = 1 << 22;

/**
 * Puts the weight files of a body into a folder: as hard links, else as symbolic ones, else (or when asked to) as copies.
 * @throws AlidadeError `unsupported` where links are impossible and copies were not asked for; `no_space`, `permission`,
 * `cancelled`.
 */
export async function placeBody(params: PlaceBodyParams, context: JobContext): Promise<PlacedBody> {
  const { checkpoint, isOfBody, folder, isCopying } = params;
  const files = groupByFile([...checkpoint.tensors.values()]);
  const weightMap = new Map<string, string>();
  const rewritten: string[] = [];
  const placements = new Set<BodyPlacement>();
  const total = [...files.values()].flat().reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const [index, [path, entries]] of [...files].entries()) {
    throwIfCancelled(context.signal);
    const kept = entries.filter(({ name }) => isOfBody(name));
    if (kept.length === 0) continue;
    const name =
      files.size === 1 ? 'body.safetensors' : `body-${padded(index + 1)}-of-${padded(files.size)}.safetensors`;
    const target = join(folder, name);
    const onBytes = (bytes: number): void => {
      done += bytes;
      context.progress({ message: 'Copying the body', done, total, unit: 'bytes' });
    };
    const isWhole = kept.length === entries.length && entries.every(({ storedName }) => storedName === undefined);
    if (!isWhole) {
      await rewrite(kept, target, { ...context, onBytes });
      rewritten.push(name);
      placements.add('copies');
    } else if (isCopying) {
      await copy(path, target, { ...context, onBytes });
      placements.add('copies');
    } else {
      placements.add(await linkFile(path, target));
    }
    for (const entry of kept) weightMap.set(entry.name, name);
  }
  const placement = placements.has('hard links')
    ? 'hard links'
    : placements.has('symbolic links')
      ? 'symbolic links'
      : 'copies';
  return { placement, weightMap, rewritten, bytes: total };
}

const padded = (value: number): string => String(value).padStart(5, '0');

/** In the order of the tensors. */
function groupByFile(tensors: readonly TensorEntry[]): Map<string, TensorEntry[]> {
  const files = new Map<string, TensorEntry[]>();
  for (const tensor of tensors) {
    const entries = files.get(tensor.file);
    if (entries === undefined) files.set(tensor.file, [tensor]);
    else entries.push(tensor);
  }
  return files;
}

async function linkFile(path: string, target: string): Promise<BodyPlacement> {
  const real = await realpath(path);
  try {
    await link(real, target);
    return 'hard links';
  } catch {
    // Another disk, or a disk without links.
  }
  try {
    await symlink(real, target, 'file');
    return 'symbolic links';
  } catch (cause) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${real} cannot be linked from ${target}`,
      hint: `--copy copies the body (${describeBytes((await stat(real)).size)})`,
      cause,
    });
  }
}

interface CopyContext extends JobContext {
  readonly onBytes: (bytes: number) => void;
}

async function copy(path: string, target: string, { signal, onBytes }: CopyContext): Promise<void> {
  const source = createReadStream(path, { highWaterMark: chunkBytes });
  source.on('data', (chunk) => onBytes(chunk.length));
  try {
    await pipeline(source, createWriteStream(target, { flags: 'wx', flush: true }), { signal });
  } catch (error) {
    throwIfCancelled(signal);
    throw describeFileError(error, target);
  }
}

/** Some tensors of a file under the names of transformers, in a file of their own. */
async function rewrite(
  entries: readonly TensorEntry[],
  target: string,
  { signal, onBytes }: CopyContext,
): Promise<void> {
  const ordered = [...entries].sort((a, b) => a.offset - b.offset);
  const file = await GrowingFile.open(target);
  try {
    await file.append(safetensorsHeaderOf(ordered));
    await withFile(ordered[0].file, async (source) => {
      for (const { offset, bytes } of ordered) {
        for (let start = 0; start < bytes; start += chunkBytes) {
          throwIfCancelled(signal);
          const length = Math.min(chunkBytes, bytes - start);
          await file.append(await source.read(offset + start, length));
          onBytes(length);
        }
      }
    });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What a model reads and says besides its weights: tokenizer, template, licence. */
const companion =
  /^(tokenizer.*\.(json|model)|special_tokens_map\.json|added_tokens\.json|vocab\.(json|txt)|merges\.txt|chat_template\.(jinja|json)|spiece\.model|(LICEN[CS]E|NOTICE|USE_POLICY).*)$/i;

/** Copies the small files that belong to a body. @throws AlidadeError `no_space`, `permission`. */
export async function copyCompanions(from: string, to: string): Promise<readonly string[]> {
  const copied: string[] = [];
  for (const name of (await readdir(from)).sort()) {
    const path = join(from, name);
    if (!companion.test(name) || !(await stat(path)).isFile()) continue;
    await copyFile(path, join(to, name)).catch((error: unknown) => {
      throw describeFileError(error, join(to, name));
    });
    copied.push(name);
  }
  return copied;
}

/** Writes a new file that is on the disk when this returns. @throws AlidadeError `no_space`, `permission`. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content, { flag: 'wx', flush: true });
  } catch (error) {
    throw describeFileError(error, path);
  }
}
