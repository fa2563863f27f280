import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { AlidadeError } from '../core/alidadeError';
import { describeFileError } from '../engine/checkpoint/describeFileError';

/** A file named on the command line, or standard input. */
export interface Input {
  readonly name: string;
  /** Bytes; null: not known before its end. */
  readonly size: number | null;
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * Checks that the files are there, before anything slow begins. `-` and no name at all mean standard input.
 * @throws AlidadeError `not_found`, `permission`, `unsupported`
 */
export async function openInputs(names: readonly string[]): Promise<readonly Input[]> {
  const inputs: Input[] = [];
  for (const name of names.length === 0 ? ['-'] : names) {
    inputs.push(name === '-' ? standardInput : await openFile(name));
  }
  return inputs;
}

const standardInput: Input = {
  name: 'standard input',
  size: null,
  open: (signal) => addAbortSignal(signal, process.stdin),
};

async function openFile(name: string): Promise<Input> {
  const found = await stat(name).catch((error: unknown) => {
    throw describeFileError(error, name);
  });
  if (found.isDirectory()) {
    throw new AlidadeError({ code: 'unsupported', message: `${name} is a folder`, hint: 'give JSONL or JSON files' });
  }
  const ending = /\.(csv|tsv|parquet|arrow|xlsx?|gz|zip|zst|bz2)$/i.exec(name)?.[1];
  if (ending !== undefined) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${name}: .${ending} files are not read by this version`,
      hint: 'give JSONL or a JSON list',
    });
  }
  return { name, size: found.isFile() ? found.size : null, open: (signal) => readFileBytes(name, signal) };
}

async function* readFileBytes(name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(name, { signal }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw describeFileError(error, name);
  }
}

/**
 * All of an input as text; a byte-order mark is dropped.
 * @throws AlidadeError `format` when it is not UTF-8 or too long for memory.
 */
export async function readText(input: Input, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input.open(signal)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (500_000_000 < bytes) {
      throw new AlidadeError({ code: 'unsupported', message: `${input.name} is longer than 500 MB`, hint: 'split it' });
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new AlidadeError({
      code: 'format',
      message: `${input.name} is not valid UTF-8`,
      hint: 'save it as UTF-8',
      cause,
    });
  }
}
