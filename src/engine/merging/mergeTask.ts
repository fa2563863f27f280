import { crc32 } from 'node:zlib';
import { countNonFinite } from '../../core/merging/countNonFinite';
import type { NonFinite } from '../../core/merging/countNonFinite';
import type { PlannedSource, PlannedTensor } from '../../core/merging/mergePlan';
import type { TensorIo, TensorMerge } from '../../core/merging/methods/tensorMerge';
import { readDtypeOf, tensorMergeOf } from '../../core/merging/tensorMergeOf';
import type { MergeSettings } from '../../core/merging/tensorMergeOf';
import { describeFileError } from '../checkpoint/describeFileError';
import { readFully, writeFully } from '../checkpoint/positionalFile';
import { SourceReader } from './sourceReader';

/** One tensor that is to be written, or read again; plain data, so that a worker can be told. */
export interface MergeTask {
  readonly kind: 'write' | 'check';
  /** Its sources lie in files with absolute paths. */
  readonly tensor: PlannedTensor;
  /** Index of the tensor in its plan. */
  readonly index: number;
}

/** What a thread that merges is started with. */
export interface MergeThread {
  readonly settings: MergeSettings;
  readonly files: readonly TargetFile[];
}

/** A file of the output. */
export interface TargetFile {
  readonly path: string;
  /** Open for reading and writing. */
  readonly descriptor: number;
}

export interface MergeTaskResult {
  /** CRC-32 of the tensor's bytes in the output. */
  readonly checksum: number;
  /** Where it was read again. */
  readonly nonFinite: (NonFinite & { readonly inSources: number }) | null;
}

export interface MergeTools extends MergeThread {
  /** Gives the descriptor of a file that is open for reading. */
  readonly open: (path: string) => number;
  readonly merge: (task: TensorMerge, io: TensorIo) => Generator<number, void>;
}

/** Bytes that are copied or read again at a time. */
const CHUNK = 1 << 19;
/** Bytes between two reports. */
const REPORT = 1 << 23;

/**
 * Writes a tensor of the output, or reads it again; yields the bytes that were read since the last time.
 * @throws FormatError when a source became shorter; AlidadeError `no_space`, `permission`, `not_found`, `internal`.
 */
export function runMergeTask(task: MergeTask, tools: MergeTools): Generator<number, MergeTaskResult> {
  return task.kind === 'write' ? write(task.tensor, tools) : check(task.tensor, tools);
}

function* write(tensor: PlannedTensor, tools: MergeTools): Generator<number, MergeTaskResult> {
  const work = tensorMergeOf(tensor, tools.settings);
  const target = new TensorTarget(tensor, tools);
  if (work === null) {
    yield* copy(tensor.sources[0], target, tools);
  } else {
    const readers = tensor.sources.map(
      (source) => new SourceReader(source, readDtypeOf(source, tools.settings.arithmetic), tools.open),
    );
    const width = tensor.bytes / tensor.shape.reduce((product, size) => product * size, 1);
    let read = 0;
    const io: TensorIo = {
      read: (input, start, into) => {
        const { file } = tensor.sources[input].tensor;
        described(file, () => readers[input].read(start, into));
        read += into.length;
      },
      write: (start, bytes) => target.write(start * width, bytes),
    };
    for (const _ of tools.merge(work, io)) {
      if (read < REPORT) continue;
      yield read;
      read = 0;
    }
    yield read;
  }
  return { checksum: target.finish(), nonFinite: null };
}

function* copy(source: PlannedSource, target: TensorTarget, { open }: MergeTools): Generator<number, void> {
  const { file, name, offset, bytes } = source.tensor;
  const room = new Uint8Array(Math.min(CHUNK, bytes));
  for (let done = 0; done < bytes; done += room.length) {
    const piece = room.subarray(0, Math.min(room.length, bytes - done));
    described(file, () => readFully(open(file), piece, { file, name, offset: offset + done }));
    target.write(done, piece);
    yield piece.length;
  }
}

/** A tensor's place in the output, with the checksum of what was written there. */
class TensorTarget {
  readonly #tensor: PlannedTensor;
  readonly #file: TargetFile;
  #checksum = 0;
  #end = 0;
  #isInOrder = true;

  constructor(tensor: PlannedTensor, { files }: MergeThread) {
    this.#tensor = tensor;
    this.#file = files[tensor.place.file];
  }

  write(position: number, bytes: Uint8Array): void {
    const { path, descriptor } = this.#file;
    described(path, () => writeFully(descriptor, bytes, this.#tensor.place.offset + position));
    if (position === this.#end) {
      this.#checksum = crc32(bytes, this.#checksum);
      this.#end += bytes.length;
    } else {
      this.#isInOrder = false;
    }
  }

  /** The checksum of all of it; read again where a method wrote it in pieces. */
  finish(): number {
    if (this.#isInOrder && this.#end === this.#tensor.bytes) return this.#checksum;
    let checksum = 0;
    for (const piece of readPieces(this.#file, this.#tensor)) checksum = crc32(piece, checksum);
    return checksum;
  }
}

function* check(tensor: PlannedTensor, tools: MergeTools): Generator<number, MergeTaskResult> {
  let [checksum, nan, infinite, unreported] = [0, 0, 0, 0];
  for (const piece of readPieces(tools.files[tensor.place.file], tensor)) {
    checksum = crc32(piece, checksum);
    const found = countNonFinite(piece, tensor.dtype);
    nan += found.nan;
    infinite += found.infinite;
    unreported += piece.length;
    if (unreported < REPORT) continue;
    yield unreported;
    unreported = 0;
  }
  yield unreported;
  if (nan + infinite === 0) return { checksum, nonFinite: null };
  return { checksum, nonFinite: { nan, infinite, inSources: yield* countInSources(tensor, tools) } };
}

/** How many values of its sources are no finite numbers. */
function* countInSources({ sources }: PlannedTensor, { open }: MergeTools): Generator<number, number> {
  let count = 0;
  for (const { tensor } of sources) {
    const { file: path } = tensor;
    for (const piece of readPieces({ path, descriptor: open(path) }, { ...tensor, place: tensor })) {
      const { nan, infinite } = countNonFinite(piece, tensor.dtype);
      count += nan + infinite;
      yield 0;
    }
  }
  return count;
}

interface StoredTensor {
  readonly name: string;
  readonly bytes: number;
  readonly place: { readonly offset: number };
}

/** The same memory each time. */
function* readPieces({ path, descriptor }: TargetFile, { name, bytes, place }: StoredTensor): Generator<Uint8Array> {
  const room = new Uint8Array(Math.min(CHUNK, bytes));
  for (let done = 0; done < bytes; done += room.length) {
    const piece = room.subarray(0, Math.min(room.length, bytes - done));
    described(path, () => readFully(descriptor, piece, { file: path, name, offset: place.offset + done }));
    yield piece;
  }
}

function described(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw describeFileError(error, path);
  }
}
