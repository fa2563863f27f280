import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { readDataRows } from './readDataRows';

export interface ReadRowsParams {
  readonly signal: AbortSignal;
  /** Told before each row how many bytes of the input lie before its end, roughly where it has no lines. */
  readonly onPosition?: ((bytes: number) => void) | undefined;
}

/** A source of rows. */
export interface DataInput {
  readonly name: string;
  /** Bytes; null: not known before its end. */
  readonly size: number | null;
  /** Knows the content again, hexadecimal; null for what can be read only once. */
  readonly hash: ((signal: AbortSignal) => Promise<string>) | null;
  /**
   * Its rows in their order; one that cannot be read has an `error`.
   * @throws AlidadeError for what concerns the whole input: `format`, `unsupported`, `not_found`, `permission`.
   */
  rows(params: ReadRowsParams): AsyncGenerator<DataRow>;
}

export interface DataInputsParams {
  /** Files; `-` is standard input. */
  readonly paths: readonly string[];
  /** What `-` reads. */
  readonly standardInput?: Readable | undefined;
}

/**
 * The inputs of a run, each looked at before anything slow begins.
 * @throws AlidadeError `not_found`, `permission`, `unsupported`
 */
export async function openDataInputs({ paths, standardInput }: DataInputsParams): Promise<readonly DataInput[]> {
  const inputs: DataInput[] = [];
  for (const path of paths) {
    inputs.push(path === '-' && standardInput !== undefined ? openStream(standardInput) : await openFile(path));
  }
  return inputs;
}

function openStream(stream: Readable): DataInput {
  const name = 'standard input';
  return {
    name,
    size: null,
    hash: null,
    rows: ({ signal, onPosition }) => readDataRows({ source: addAbortSignal(signal, stream), name, onPosition }),
  };
}

async function openFile(path: string): Promise<DataInput> {
  const found = await stat(path).catch((error: unknown) => {
    throw describeFileError(error, path);
  });
  return {
    name: path,
    size: found.isFile() ? found.size : null,
    hash: found.isFile() ? (signal) => hashFile(path, signal) : null,
    rows: ({ signal, onPosition }) => readDataRows({ source: readBytes(path, signal), name: path, onPosition }),
  };
}

async function* readBytes(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { signal }) as AsyncIterable<Buffer>;
  } catch (error) {
    throwIfCancelled(signal);
    throw describeFileError(error, path);
  }
}

async function hashFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readBytes(path, signal)) hash.update(chunk);
  return hash.digest('hex');
}
