import { AlidadeError } from '../alidadeError';
import { FormatError } from '../formatError';
import type { ByteSource } from './byteSource';
import { countElements } from './countElements';
import { ggmlType } from './ggmlType';
import { GgufCursor, OutOfBytes } from './ggufCursor';
import type { GgufFile } from './ggufFile';
import type { TensorEntry } from './tensorEntry';

const firstPrefix = 4 * 1024 * 1024;
/** Bytes of metadata and tensor descriptions; vocabularies of 256,000 tokens have 15 MB. */
const maximumPrefix = 256 * 1024 * 1024;
const maximumTensors = 262_144;
const maximumKeys = 65_536;

/**
 * Reads metadata and tensor descriptions of a GGUF file, version 2 or 3, little-endian; no tensor data.
 * @throws FormatError with file, tensor and offset; AlidadeError `unsupported` for split files and unknown kinds of data.
 */
export async function readGguf(source: ByteSource): Promise<GgufFile> {
  // How long the prefix is stands nowhere: read more until it suffices.
  let wanted = firstPrefix;
  for (;;) {
    const length = Math.min(wanted, source.size);
    try {
      return parsePrefix(await source.read(0, length), source);
    } catch (error) {
      if (!(error instanceof OutOfBytes)) throw error;
      if (source.size <= length || maximumPrefix <= length || maximumPrefix < error.neededLength) {
        throw new FormatError({ problem: error.message, file: source.path, offset: error.offset });
      }
      wanted = Math.min(maximumPrefix, Math.max(2 * length, error.neededLength));
    }
  }
}

function parsePrefix(bytes: Uint8Array, source: ByteSource): GgufFile {
  const file = source.path;
  const cursor = new GgufCursor(bytes, source);
  if (cursor.u32('the magic number') !== 0x46554747)
    throw new FormatError({ problem: 'not a GGUF file', file, offset: 0 });
  const version = cursor.u32('the version');
  if (version !== 2 && version !== 3) {
    const isBigEndian = version === 0x02000000 || version === 0x03000000;
    throw new FormatError({
      problem: isBigEndian
        ? 'big-endian GGUF is not supported'
        : `GGUF version ${version} is not supported, only 2 and 3`,
      file,
      offset: 4,
    });
  }
  const tensorCount = cursor.count('the number of tensors', { most: maximumTensors, bytesEach: 24 });
  const keyCount = cursor.count('the number of metadata keys', { most: maximumKeys, bytesEach: 13 });
  const metadata = cursor.metadata(keyCount);
  refuseSplit(metadata.get('split.count'), file);
  const described = readDescriptions(cursor, tensorCount);
  const alignment = metadata.get('general.alignment') ?? 32;
  if (
    typeof alignment !== 'number' ||
    !Number.isInteger(alignment) ||
    alignment < 8 ||
    1 << 20 < alignment ||
    alignment % 8 !== 0
  ) {
    throw new FormatError({ problem: `general.alignment is ${String(alignment).slice(0, 40)}`, file });
  }
  const dataOffset = Math.ceil(cursor.offset / alignment) * alignment;
  const tensors = new Map<string, TensorEntry>();
  for (const tensor of described) {
    if (tensors.has(tensor.name))
      throw new FormatError({ problem: 'the name occurs twice', file, tensor: tensor.name });
    tensors.set(tensor.name, placeTensor(tensor, { source, dataOffset, alignment }));
  }
  checkOverlaps(tensors, file);
  return { version, metadata, tensors, dataOffset };
}

function refuseSplit(count: unknown, file: string): void {
  if (count === undefined || count === 0 || count === 1) return;
  throw new AlidadeError({
    code: 'unsupported',
    message: `${file}: GGUF models that are split over several files are not supported`,
    hint: 'join the parts with llama-gguf-split --merge',
  });
}

interface Description {
  readonly name: string;
  /** Row-major, outermost first. */
  readonly shape: readonly number[];
  readonly kind: number;
  /** Relative to the data. */
  readonly offset: number;
  /** Where the description stands, in bytes. */
  readonly at: number;
}

function readDescriptions(cursor: GgufCursor, count: number): Description[] {
  const descriptions: Description[] = [];
  for (let i = 0; i < count; i++) {
    const at = cursor.offset;
    const name = cursor.string('a tensor name', 1024);
    const rank = cursor.u32('the number of dimensions');
    if (8 < rank) cursor.fail(`tensor ${name} has ${rank} dimensions`, at);
    const shape: number[] = [];
    for (let d = 0; d < rank; d++) shape.unshift(cursor.u64(`a dimension of ${name}`));
    const kind = cursor.u32('the kind of data');
    descriptions.push({ name, shape, kind, offset: cursor.u64(`the offset of ${name}`), at });
  }
  return descriptions;
}

interface Placement {
  readonly source: ByteSource;
  readonly dataOffset: number;
  readonly alignment: number;
}

function placeTensor(
  { name, shape, kind, offset, at }: Description,
  { source, dataOffset, alignment }: Placement,
): TensorEntry {
  const file = source.path;
  const fail = (problem: string): never => {
    throw new FormatError({ problem, file, tensor: name, offset: at });
  };
  const type = ggmlType(kind);
  if (type === undefined) {
    throw new AlidadeError({ code: 'unsupported', message: `${file}, tensor ${name}: unknown kind of data ${kind}` });
  }
  const elements = countElements(shape);
  const rowLength = shape.at(-1) ?? 1;
  if (elements === null) return fail(`the shape [${shape.join(', ')}] is too large`);
  if (rowLength % type.blockSize !== 0)
    return fail(`rows of ${rowLength} do not fill blocks of ${type.blockSize} (${type.name})`);
  const bytes = (elements / type.blockSize) * type.blockBytes;
  const begin = dataOffset + offset;
  if (offset % alignment !== 0) return fail(`its data begin at ${offset}, which is not a multiple of ${alignment}`);
  if (!Number.isSafeInteger(begin + bytes) || source.size < begin + bytes) {
    return fail(`its data end at byte ${begin + bytes}, the file has ${source.size}`);
  }
  return { name, dtype: type.name, shape, file, offset: begin, bytes };
}

function checkOverlaps(tensors: ReadonlyMap<string, TensorEntry>, file: string): void {
  let end = 0;
  for (const { name, offset, bytes } of [...tensors.values()].sort(
    (a, b) => a.offset - b.offset || a.bytes - b.bytes,
  )) {
    if (offset < end)
      throw new FormatError({ problem: 'its data overlap those of another tensor', file, tensor: name, offset });
    end = offset + bytes;
  }
}
