import { realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { ByteSource } from '../../core/checkpoint/byteSource';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { decodeTensor } from '../../core/checkpoint/decodeTensor';
import type { TensorEntry } from '../../core/checkpoint/tensorEntry';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { cacheFolder } from '../checkpoint/cacheFolder';
import { openFileByteSource } from '../checkpoint/fileByteSource';
import { ensureCachedFile } from './weightCache';

/** Where the F32 bytes of a tensor lie. */
export interface WeightPlace {
  /** Absolute, without symbolic links. */
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly shape: readonly number[];
}

/**
 * Places of the named tensors in F32. F32 weights stay in the checkpoint's own file; all others are converted once into
 * a safetensors file under the cache folder, named by the checkpoint's fingerprint.
 * @throws AlidadeError `weights` when a tensor is not there.
 */
export async function prepareWeights(
  { checkpoint, names }: { readonly checkpoint: Checkpoint; readonly names: readonly string[] },
  context: JobContext,
): Promise<Map<string, WeightPlace>> {
  const entries = names.map((name) => {
    const entry = checkpoint.tensors.get(name);
    if (entry !== undefined) return entry;
    throw new AlidadeError({
      code: 'weights',
      message: `${checkpoint.path}: the tensor ${name} is missing`,
      hint: 'fetch or copy the checkpoint again',
    });
  });
  const places = new Map<string, WeightPlace>();
  const mapped = entries.filter(isMappable);
  for (const entry of mapped) {
    places.set(entry.name, {
      file: await realpath(entry.file),
      offset: entry.offset,
      length: entry.bytes,
      shape: entry.shape,
    });
  }
  const converted = entries.filter((entry) => !isMappable(entry));
  if (0 < converted.length) {
    for (const [name, place] of await convertWeights(checkpoint, context)) places.set(name, place);
  }
  return places;
}

/** Can be used where it lies: F32, at an address that floats may have, rows in order. */
function isMappable(entry: TensorEntry): boolean {
  return entry.dtype === 'F32' && entry.offset % 4 === 0 && entry.interleavedHeads === undefined;
}

/** Converts everything that is not F32, so that one file serves every later use of the checkpoint. */
async function convertWeights(checkpoint: Checkpoint, context: JobContext): Promise<Map<string, WeightPlace>> {
  const entries = [...checkpoint.tensors.values()].filter((entry) => !isMappable(entry) && isFloating(entry));
  const { header, offsets, totalBytes } = layOut(entries);
  const path = join(cacheFolder(), 'weights', `${checkpoint.fingerprint.slice(0, 32)}-f32.safetensors`);
  await ensureCachedFile(
    {
      path,
      bytes: totalBytes,
      write: async (file) => {
        await file.write(header, 0, header.length, 0);
        await writeConverted({ entries, offsets, file, totalBytes }, context);
      },
    },
    context,
  );
  const file = await realpath(path);
  return new Map(
    entries.map((entry, index) => {
      const offset = offsets[index] ?? 0;
      return [entry.name, { file, offset, length: 4 * countElements(entry), shape: entry.shape }];
    }),
  );
}

/** Integer tensors (masks, quantisation tables) are never weights of the supported families. */
function isFloating(entry: TensorEntry): boolean {
  return !/^(I|U)\d+$|^BOOL$/.test(entry.dtype);
}

function layOut(entries: readonly TensorEntry[]): {
  readonly header: Uint8Array;
  readonly offsets: readonly number[];
  readonly totalBytes: number;
} {
  const relative: number[] = [];
  let end = 0;
  const table: Record<string, unknown> = {};
  for (const entry of entries) {
    const length = 4 * countElements(entry);
    relative.push(end);
    table[entry.name] = { dtype: 'F32', shape: entry.shape, data_offsets: [end, end + length] };
    end += length;
  }
  const json = new TextEncoder().encode(JSON.stringify(table));
  const headerLength = Math.ceil(json.length / 64) * 64; // data starts aligned
  const header = new Uint8Array(8 + headerLength).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerLength), true);
  header.set(json, 8);
  return { header, offsets: relative.map((offset) => offset + header.length), totalBytes: header.length + end };
}

/** Weights converted at a time; a multiple of every block size. */
const BLOCK = 1 << 23;

interface ConversionParts {
  readonly entries: readonly TensorEntry[];
  readonly offsets: readonly number[];
  readonly file: FileHandle;
  readonly totalBytes: number;
}

async function writeConverted(
  { entries, offsets, file, totalBytes }: ConversionParts,
  context: JobContext,
): Promise<void> {
  const sources = new Map<string, ByteSource & { close(): Promise<void> }>();
  try {
    for (const [index, entry] of entries.entries()) {
      const source = sources.get(entry.file) ?? (await openFileByteSource(entry.file));
      sources.set(entry.file, source);
      for (const part of splitTensor(entry)) {
        throwIfCancelled(context.signal);
        const values = decodeTensor(await source.read(part.offset, part.bytes), part);
        const position = (offsets[index] ?? 0) + part.firstElement * 4;
        await writeFully(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
        context.progress({ message: 'Converting weights to F32', done: position, total: totalBytes, unit: 'bytes' });
      }
    }
  } finally {
    for (const source of sources.values()) await source.close();
  }
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** A tensor cut into parts that fit in memory; one whose rows have to be put back in order is converted whole. */
function splitTensor(entry: TensorEntry): (TensorEntry & { readonly firstElement: number })[] {
  const total = countElements(entry);
  if (entry.interleavedHeads !== undefined || total <= BLOCK) return [{ ...entry, firstElement: 0 }];
  const bytesPerElement = entry.bytes / total;
  const parts = [];
  for (let firstElement = 0; firstElement < total; firstElement += BLOCK) {
    const elements = Math.min(BLOCK, total - firstElement);
    parts.push({
      ...entry,
      shape: [elements],
      offset: entry.offset + firstElement * bytesPerElement,
      bytes: elements * bytesPerElement,
      firstElement,
    });
  }
  return parts;
}

function countElements(entry: TensorEntry): number {
  return entry.shape.reduce((product, dimension) => product * dimension, 1);
}
