import { dtypeBytes, dtypeCodes } from './mergeKernels';
import type { Address, MergeKernels } from './mergeKernels';
import type { FloatDtype, TensorIo, TensorMerge } from './tensorMerge';

/** Values that are read at a time: of two-byte formats half a megabyte, which the second-level cache holds. */
const CHUNK = 1 << 17;
/** Values that a vector has: a few vectors fit into the first-level cache. */
const BLOCK = 1 << 11;
/** Chunks are read into memory with this much behind them, because kernels read and write four values at a time. */
const PADDING = 16;

/** What is looked at of a large tensor: 64 pieces of 256 values. */
const SAMPLE_PIECES = 64;
const SAMPLE_PIECE = 256;

/** Values of a tensor that are computed at a time. */
export interface Block {
  /** Index of the first in the tensor. */
  readonly start: number;
  readonly count: number;
}

/** Values by chunks and by blocks. */
export interface PassOptions {
  /** Blocks do not reach over multiples of this; default: they lie as they come. */
  readonly period?: number;
}

/**
 * One tensor on its way: reads its inputs chunk by chunk into the memory of the kernels, and gives and takes vectors of
 * doubles block by block. Where mergekit's arithmetic is wanted, what is given has been rounded to the working format.
 */
export class TensorJob {
  readonly count: number;
  /** Values along the last axis. */
  readonly rowLength: number;
  /** Index of inputs that are no base. */
  readonly others: readonly number[];
  /** Bytes of a vector. */
  readonly vectorBytes: number;
  private readonly chunkLength: number;
  private readonly blockLength: number;
  private readonly chunks: readonly Address[];
  private readonly output: Address;
  private readonly scratch: Address;
  /** Of the chunk in work. */
  private chunkStart = 0;
  private hasOutput = false;
  private block: Block = { start: 0, count: 0 };

  constructor(
    readonly task: TensorMerge,
    readonly io: TensorIo,
    readonly kernels: MergeKernels,
    { wholeRows = false }: { readonly wholeRows?: boolean } = {},
  ) {
    this.count = task.shape.reduce((product, size) => product * size, 1);
    this.rowLength = task.shape.at(-1) ?? 1;
    // Rows count as what a block of memory may have.
    this.blockLength = wholeRows ? Math.max(1, this.rowLength) : BLOCK;
    this.chunkLength = wholeRows ? Math.ceil(CHUNK / this.blockLength) * this.blockLength : CHUNK;
    this.vectorBytes = Math.ceil(this.blockLength / 4) * 32;
    this.others = task.inputs.map((_, i) => i).filter((i) => i !== task.base);
    kernels.reset();
    const values = Math.min(this.chunkLength, this.count) + PADDING;
    this.chunks = task.inputs.map(({ dtype }) => kernels.reserve(values * dtypeBytes[dtype]));
    this.output = kernels.reserve(values * dtypeBytes[task.outputDtype]);
    this.scratch = kernels.reserve(4 * 8);
  }

  get isExact(): boolean {
    return this.task.arithmetic === 'exact';
  }

  /** A vector for the values of a block. */
  vector(): Address {
    return this.kernels.reserve(this.vectorBytes);
  }

  /** Vectors that lie one behind the other. */
  vectorRow(length: number): readonly Address[] {
    const first = this.kernels.reserve(length * this.vectorBytes);
    return Array.from({ length }, (_, i) => first + i * this.vectorBytes);
  }

  /**
   * Goes once through the values of some inputs, in order: yields the number of values after each chunk, which is
   * written where `store` was called for all of its blocks.
   */
  *pass(inputs: readonly number[], work: (block: Block) => void, options: PassOptions = {}): Generator<number, void> {
    const { period = Infinity } = options;
    const { task, kernels, count: total, chunkLength, blockLength } = this;
    for (let start = 0; start < total; start += chunkLength) {
      const count = Math.min(chunkLength, total - start);
      for (const input of inputs) this.read(input, start, count);
      this.chunkStart = start;
      this.hasOutput = false;
      for (let at = start; at < start + count; at += this.block.count) {
        const toPeriod = period - (at % period);
        this.block = { start: at, count: Math.min(blockLength, start + count - at, toPeriod) };
        work(this.block);
      }
      if (this.hasOutput) this.io.write(start, kernels.bytes(this.output, count * dtypeBytes[task.outputDtype]));
      yield count;
    }
  }

  /** Whether a look at some of the values costs little beside going through all of them. */
  get isLarge(): boolean {
    return CHUNK <= this.count;
  }

  /** Goes through a few thousand values from all over a large tensor; nothing may be stored. */
  sample(inputs: readonly number[], work: (block: Block) => void): void {
    for (let piece = 0; piece < SAMPLE_PIECES; piece++) {
      const start = Math.floor((piece / (SAMPLE_PIECES - 1)) * (this.count - SAMPLE_PIECE));
      for (const input of inputs) this.read(input, start, SAMPLE_PIECE);
      this.chunkStart = start;
      this.block = { start, count: SAMPLE_PIECE };
      work(this.block);
    }
  }

  private read(input: number, start: number, count: number): void {
    const length = count * dtypeBytes[this.task.inputs[input].dtype];
    this.io.read(input, start, this.kernels.bytes(this.chunks[input], length));
  }

  /** Where the values of the block lie as they were read, and their format. */
  stored(input: number): { readonly address: Address; readonly dtype: number } {
    const { dtype } = this.task.inputs[input];
    const offset = (this.block.start - this.chunkStart) * dtypeBytes[dtype];
    return { address: this.chunks[input] + offset, dtype: dtypeCodes[dtype] };
  }

  /** The values of the block as doubles. */
  load(input: number, into: Address): void {
    const { address, dtype } = this.stored(input);
    this.kernels.decode(dtype, address, into, this.block.count);
    if (this.isRoundedWhenLoaded(input)) this.round(into);
  }

  /** The values of the block less a vector. */
  loadDifference(input: number, base: Address, into: Address): void {
    if (this.isRoundedWhenLoaded(input)) {
      this.load(input, into);
      this.kernels.subtract(into, base, into, this.block.count);
    } else {
      const { address, dtype } = this.stored(input);
      this.kernels.decodeDifference(dtype, address, base, into, this.block.count);
    }
    this.round(into);
  }

  /** Whether mergekit's arithmetic changes an input before anything is computed. */
  isRoundedWhenLoaded(input: number): boolean {
    const { workingDtype, inputs } = this.task;
    return !this.isExact && workingDtype !== 'F32' && workingDtype !== inputs[input].dtype;
  }

  /** A step of mergekit's arithmetic: rounds the block's vector; does nothing where sums are exact. */
  round(vector: Address, dtype: FloatDtype = this.task.workingDtype): void {
    if (!this.isExact) this.kernels.round(dtypeCodes[dtype], vector, this.block.count);
  }

  /** The same of one number. */
  roundNumber(value: number, dtype: FloatDtype = this.task.workingDtype): number {
    if (this.isExact) return value;
    const { kernels, scratch } = this;
    kernels.floats(scratch, 1)[0] = value;
    kernels.round(dtypeCodes[dtype], scratch, 1);
    return kernels.floats(scratch, 1)[0];
  }

  /** Makes the vector the block of the output. */
  store(vector: Address): void {
    const { outputDtype } = this.task;
    this.round(vector);
    const offset = (this.block.start - this.chunkStart) * dtypeBytes[outputDtype];
    this.kernels.encode(dtypeCodes[outputDtype], vector, this.output + offset, this.block.count);
    this.hasOutput = true;
  }

  /** Makes the block of an input the block of the output, bit by bit where the format stays. */
  copy(input: number, scratch: Address): void {
    const { outputDtype, inputs } = this.task;
    if (outputDtype !== inputs[input].dtype || this.isRoundedWhenLoaded(input)) {
      this.load(input, scratch);
      this.store(scratch);
      return;
    }
    const width = dtypeBytes[outputDtype];
    const length = this.block.count * width;
    const to = this.output + (this.block.start - this.chunkStart) * width;
    this.kernels.bytes(to, length).set(this.kernels.bytes(this.stored(input).address, length));
    this.hasOutput = true;
  }
}
