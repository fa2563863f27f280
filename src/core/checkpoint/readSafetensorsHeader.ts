import { FormatError } from '../formatError';
import type { ByteSource } from './byteSource';
import { countElements } from './countElements';
import { JsonCursor } from './jsonCursor';
import { safetensorsDtypeBits } from './safetensorsDtype';
import type { TensorEntry } from './tensorEntry';

/** What stands before the data of one .safetensors file. */
export interface SafetensorsHeader {
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Where the data begin, in bytes from the start of the file. */
  readonly dataOffset: number;
}

/** The format's own bound on a header, in bytes. */
const maximumHeaderLength = 100_000_000;
/** The largest checkpoints known have 10^5 tensors over all their shards. */
const maximumTensors = 131_072;
const maximumMetadataKeys = 65_536;
const maximumRank = 16;

/**
 * Reads and checks the header of a .safetensors file: nothing of the data is read.
 * Data must fill the file without holes or overlaps, as the format demands.
 * @throws FormatError with file, tensor and offset.
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const file = source.path;
  if (source.size < 8) throw new FormatError({ problem: `the file has only ${source.size} bytes`, file, offset: 0 });
  const lengthBytes = await source.read(0, 8);
  const view = new DataView(lengthBytes.buffer, lengthBytes.byteOffset, 8);
  const headerLength = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (source.size - 8 < headerLength) {
    const problem = `the header should have ${headerLength} bytes, the file has ${source.size}`;
    throw new FormatError({ problem, file, offset: 0 });
  }
  if (maximumHeaderLength < headerLength) {
    throw new FormatError({
      problem: `the header has ${headerLength} bytes, more than the format allows`,
      file,
      offset: 0,
    });
  }
  const header = parseHeader(await source.read(8, headerLength), source);
  checkLayout(header, source);
  return header;
}

function parseHeader(bytes: Uint8Array, source: ByteSource): SafetensorsHeader {
  const cursor = new JsonCursor({ bytes, file: source.path, fileOffset: 8 });
  const tensors = new Map<string, TensorEntry>();
  const metadata = new Map<string, string>();
  const dataOffset = 8 + bytes.length;
  let hasMetadata = false;
  if (bytes[0] !== 0x7b) cursor.fail('the header does not begin with "{"');
  cursor.readObject((name, nameOffset) => {
    if (name === '__metadata__') {
      if (hasMetadata) cursor.fail('__metadata__ occurs twice', nameOffset);
      hasMetadata = true;
      cursor.readObject((key, keyOffset) => {
        if (metadata.has(key)) cursor.fail(`the metadata key ${JSON.stringify(key)} occurs twice`, keyOffset);
        if (metadata.size >= maximumMetadataKeys)
          cursor.fail(`more than ${maximumMetadataKeys} metadata keys`, keyOffset);
        metadata.set(key, cursor.readString());
      });
      return;
    }
    if (tensors.has(name)) {
      throw new FormatError({ problem: 'the name occurs twice', file: source.path, tensor: name, offset: nameOffset });
    }
    if (tensors.size >= maximumTensors) cursor.fail(`more than ${maximumTensors} tensors`, nameOffset);
    tensors.set(name, readEntry({ cursor, name, nameOffset, source, dataOffset }));
  });
  cursor.expectEnd();
  return { tensors, metadata, dataOffset };
}

interface EntryParams {
  readonly cursor: JsonCursor;
  readonly name: string;
  readonly nameOffset: number;
  readonly source: ByteSource;
  readonly dataOffset: number;
}

function readEntry({ cursor, name, nameOffset, source, dataOffset }: EntryParams): TensorEntry {
  const file = source.path;
  const fail = (problem: string): never => {
    throw new FormatError({ problem, file, tensor: name, offset: nameOffset });
  };
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let range: number[] | undefined;
  cursor.readObject((key, keyOffset) => {
    if (key === 'dtype' && dtype === undefined) dtype = cursor.readString();
    else if (key === 'shape' && shape === undefined) shape = readCounts(cursor, 'a dimension', maximumRank);
    else if (key === 'data_offsets' && range === undefined) range = readCounts(cursor, 'a data offset', 2);
    else cursor.fail(`unexpected or repeated key ${JSON.stringify(key)} of tensor ${name}`, keyOffset);
  });
  if (dtype === undefined) return fail('no dtype');
  if (shape === undefined) return fail('no shape');
  if (range?.length !== 2) return fail('data_offsets are not two numbers');
  const [begin, end] = range;
  const dataLength = source.size - dataOffset;
  if (end < begin) return fail(`data_offsets run backwards: ${begin} to ${end}`);
  if (dataLength < end) return fail(`data_offsets end at ${end}, the file has ${dataLength} bytes of data`);
  const bits = safetensorsDtypeBits(dtype);
  if (bits === undefined) return fail(`unknown dtype ${JSON.stringify(dtype)}`);
  const elements = countElements(shape);
  const totalBits = elements === null ? null : elements * bits;
  if (totalBits === null || !Number.isSafeInteger(totalBits))
    return fail(`the shape [${shape.join(', ')}] is too large`);
  if (totalBits % 8 !== 0) return fail(`${elements} elements of ${dtype} do not fill whole bytes`);
  if (totalBits / 8 !== end - begin) {
    return fail(`[${shape.join(', ')}] of ${dtype} needs ${totalBits / 8} bytes, data_offsets give ${end - begin}`);
  }
  return { name, dtype, shape, file, offset: dataOffset + begin, bytes: end - begin };
}

function readCounts(cursor: JsonCursor, what: string, limit: number): number[] {
  const counts: number[] = [];
  cursor.readArray(() => {
    if (counts.length >= limit) cursor.fail(`more than ${limit} numbers`);
    counts.push(cursor.readCount(what));
  });
  return counts;
}

function checkLayout({ tensors, dataOffset }: SafetensorsHeader, source: ByteSource): void {
  const sorted = [...tensors.values()].sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  let end = dataOffset;
  for (const { name, offset, bytes } of sorted) {
    if (offset !== end) {
      const problem =
        offset < end
          ? 'its data overlap those of another tensor'
          : `${offset - end} bytes before its data belong to no tensor`;
      throw new FormatError({ problem, file: source.path, tensor: name, offset });
    }
    end = offset + bytes;
  }
  if (end !== source.size) {
    throw new FormatError({
      problem: `${source.size - end} bytes after the last tensor`,
      file: source.path,
      offset: end,
    });
  }
}
