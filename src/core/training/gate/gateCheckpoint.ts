import { AlidadeError } from '../../alidadeError';
import type { Moments } from '../optimiser/adamW';
import type { TrainingPoint } from '../trainingReport';

/** Everything that the next step of a training depends on, but its data. */
export interface GateProgress {
  /** Steps that are done. */
  readonly step: number;
  readonly curve: readonly TrainingPoint[];
  /** The step with the least loss on held-out pairs so far, and that loss. */
  readonly bestStep: number;
  readonly bestLoss: number;
  readonly parameters: readonly Float32Array[];
  readonly moments: readonly Moments[];
  /** The parameters at `bestStep`. */
  readonly best: readonly Float32Array[];
}

/** JSON between the length of itself and the arrays, in four bytes each time. */
interface CheckpointHeader {
  readonly training: string;
  readonly step: number;
  readonly curve: readonly TrainingPoint[];
  readonly bestStep: number;
  readonly bestLoss: number;
}

/**
 * The pieces of a checkpoint: length of the header (uint32), header, then parameters, moments and best parameters as
 * little-endian F32. The arrays are not copied.
 * @param training names the training: its recipe and data.
 */
export function writeGateCheckpoint(progress: GateProgress, training: string): Uint8Array[] {
  const { step, curve, bestStep, bestLoss } = progress;
  const header: CheckpointHeader = { training, step, curve, bestStep, bestLoss };
  const text = JSON.stringify(header);
  const bytes = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 4) * 4));
  const arrays = arraysOf(progress).map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return [new Uint8Array(Uint32Array.of(bytes.length).buffer), bytes, ...arrays];
}

/**
 * Fills the arrays of `progress` from the bytes of a checkpoint.
 * @returns `progress` where that checkpoint left it.
 * @throws AlidadeError `format` when it is of another training, or not whole.
 */
export function readGateCheckpoint(bytes: Uint8Array, progress: GateProgress, training: string): GateProgress {
  const arrays = arraysOf(progress);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 4 ? 0 : view.getUint32(0, true);
  const size = arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes.length !== 4 + length + size) throw refused('it is not whole');
  const header = readHeader(bytes.subarray(4, 4 + length));
  if (header?.training !== training) throw refused('it is of another training');
  let offset = 4 + length;
  for (const array of arrays) {
    // Copied byte by byte: floats of the file need not begin where floats may.
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(
      bytes.subarray(offset, offset + array.byteLength),
    );
    offset += array.byteLength;
  }
  const { step, curve, bestStep, bestLoss } = header;
  return { ...progress, step, curve, bestStep, bestLoss };
}

function arraysOf({ parameters, moments, best }: GateProgress): Float32Array[] {
  return [...parameters, ...moments.flatMap(({ first, second }) => [first, second]), ...best];
}

function readHeader(bytes: Uint8Array): CheckpointHeader | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as CheckpointHeader;
  } catch {
    return null;
  }
}

function refused(reason: string): AlidadeError {
  return new AlidadeError({
    code: 'format',
    message: `the checkpoint of the gate cannot be used: ${reason}`,
    hint: 'train from the beginning',
  });
}
