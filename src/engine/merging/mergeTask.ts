import { crc32 } from 'node:zlib';
import { countNonFinite } from '../../core/merging/countNonFinite';
import type { NonFinite } from '../../core/merging/countNonFinite';
import type { PlannedSource, PlannedTensor } from '../../core/merging/plan/mergePlan';
import type { TensorIo, TensorMerge } from '../../core/merging/methods/tensorMerge';
import { readDtypeOf, tensorMergeOf } from '../../core/merging/plan/tensorMergeOf';
import type { MergeSettings } from '../../core/merging/plan/tensorMergeOf';
import { describeFileError } from '../checkpoint/describeFileError';
import { readFully, writeFully } from '../checkpoint/positionalFile';
import { gatherRows } from './gatherRows';
import { SourceReader } from './sourceReader';

/** One tensor that is to be written, or read again; plain data, so that a worker can be told. */
export interface MergeTask {
  readonly kind: 'write' | 'check';
  /** Its sources lie in files with absolute paths. */
  readonly tensor: PlannedTensor;
  /** Index of the tensor in its plan. */
  readonly index: number;
  /** The file that it goes into. */
  readonly target: TargetFile;
  readonly settings: MergeSettings;
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

/** What a thread that merges has. */
export interface MergeTools {
  /** Gives the descriptor of a file that is open for reading. */
  readonly open: (path: string) => number;
  readonly merge: (task: TensorMerge, io: TensorIo) => Generator<number, void>;
  /** For what is copied or read again: memory of its own for each tensor would stay until it is collected. */
  readonly room: Uint8Array;
}

/** Bytes that are copied or read again at a time. */
export const roomBytes = 1 << 19;
/** Bytes between two reports. */
const REPORT = 1 << 23;

/**
 * Writes a tensor of the output, or reads it again; yields the bytes that were read since the last time.
 * @throws FormatError when a source became shorter; AlidadeError `no_space`, `permission`, `not_found`, `internal`.
 */
export function runMergeTask(task: MergeTask, tools: MergeTools): Generator<number, MergeTaskResult> {
  return task.kind === 'write' ? write(task, tools) : check(task, tools);
}

function* write(task: MergeTask, tools: MergeTools): Generator<number, MergeTaskResult> {
  const { tensor, settings } = task;
  const work = tensorMergeOf(tensor, settings);
  const target = new TensorTarget(task, tools);
  if (work === null) {
    yield* copy(tensor.sources[0], target, tools);
  } else {
    const dtypes = tensor.sources.map((source) => readDtypeOf(source, settings.arithmetic));
    const stored = tensor.sources.map((source, index) => new SourceReader(source, dtypes[index], tools.open));
    const readers = gatherRows(stored, tensor.sources, dtypes);
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

function* copy(source: PlannedSource, target: TensorTarget, { open, room }: MergeTools): Generator<number, void> {
  const { file, name, offset, bytes } = source.tensor;
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
  readonly #room: Uint8Array;
  #checksum = 0;
  #end = 0;
  #isInOrder = true;

  constructor({ tensor, target }: MergeTask, { room }: MergeTools) {
    this.#tensor = tensor;
    this.#file = target;
    this.#room = room;
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
    for (const piece of readPieces(this.#file, this.#tensor, this.#room)) checksum = crc32(piece, checksum);
    return checksum;
  }
}

function* check({ tensor, target }: MergeTask, tools: MergeTools): Generator<number, MergeTaskResult> {
  let [checksum, nan, infinite, unreported] = [0, 0, 0, 0];
  for (const piece of readPieces(target, tensor, tools.room)) {
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
function* countInSources({ sources }: PlannedTensor, { open, room }: MergeTools): Generator<number, number> {
  let count = 0;
  for (const { tensor } of sources) {
    const { file: path } = tensor;
    for (const piece of readPieces({ path, descriptor: open(path) }, { ...tensor, place: tensor }, room)) {
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

/** The pieces are all in `room`, one after the other. */
function* readPieces(
  { path, descriptor }: TargetFile,
  { name, bytes, place }: StoredTensor,
  room: Uint8Array,
): Generator<Uint8Array> {
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
