import { open, stat } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from './describeFileError';

export interface DownloadParams {
  readonly url: string;
  /** Bytes already in this file are kept, the rest is added. */
  readonly output: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** What progress is called. */
  readonly message: string;
  /** Default 4. */
  readonly attempts?: number;
  /** Milliseconds without a byte after which an attempt is given up. Default 30,000. */
  readonly stallLimit?: number;
  /** Milliseconds before the second attempt, doubled for each one after. Default 500. */
  readonly retryDelay?: number;
}

/**
 * Fetches a file over HTTP into `output`, going on where an earlier attempt stopped. Does not check the content.
 * @throws AlidadeError `not_found` when the server does not have it or cannot be reached, `cancelled`, `no_space`.
 */
export async function downloadFile(params: DownloadParams, context: JobContext): Promise<void> {
  const attempts = params.attempts ?? 4;
  for (let attempt = 1; ; attempt++) {
    try {
      await downloadRest(params, context);
      return;
    } catch (error) {
      throwIfCancelled(context.signal);
      if (error instanceof AlidadeError) throw error;
      const reason = describeNetworkError(error);
      if (attempts <= attempt) {
        throw new AlidadeError({
          code: 'not_found',
          message: `${params.url} could not be fetched: ${reason}`,
          hint: 'check the connection and start again: what was fetched is kept',
          cause: error,
        });
      }
      context.logger.info(`fetching ${params.url} stopped (${reason}), going on`);
      await pause((params.retryDelay ?? 500) * 2 ** (attempt - 1), context.signal);
    }
  }
}

async function downloadRest(
  { url, output, size, message, stallLimit = 30_000 }: DownloadParams,
  context: JobContext,
): Promise<void> {
  const present = await stat(output).then(
    (found) => found.size,
    () => 0,
  );
  if (present === size) return;
  const start = present < size ? present : 0;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallLimit / 1000} s`)), stallLimit);
  try {
    const response = await fetch(url, {
      headers: start === 0 ? {} : { range: `bytes=${start}-` },
      signal: AbortSignal.any([context.signal, stalled.signal]),
    });
    const isRest =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true;
    if (!response.ok || response.body === null) throw statusError(response, url);
    await append(
      { body: response.body, output, start: isRest ? start : 0, size, message, onBytes: () => timer.refresh() },
      context,
    );
  } finally {
    clearTimeout(timer);
  }
}

interface AppendParams {
  readonly body: ReadableStream<Uint8Array>;
  readonly output: string;
  readonly start: number;
  readonly size: number;
  readonly message: string;
  readonly onBytes: () => void;
}

async function append(
  { body, output, start, size, message, onBytes }: AppendParams,
  context: JobContext,
): Promise<void> {
  const handle = await open(output, 'a').catch((error: unknown) => {
    throw describeFileError(error, output);
  });
  const reader = body.getReader();
  try {
    await handle.truncate(start);
    let done = start;
    for (;;) {
      const { value: chunk, done: isLast } = await reader.read();
      if (isLast) break;
      onBytes();
      if (size < done + chunk.length) {
        throw new AlidadeError({
          code: 'format',
          message: `the server sends more than the ${size} bytes that the file should have`,
        });
      }
      // Appends: the file was opened for that, and cut to `start` first.
      await handle.appendFile(chunk).catch((error: unknown) => {
        throw describeFileError(error, output);
      });
      done += chunk.length;
      context.progress({ message, done, total: size, unit: 'bytes' });
    }
    if (done < size) throw new Error(`the connection ended after ${done} of ${size} bytes`);
  } finally {
    await reader.cancel().catch(() => undefined);
    await handle.close();
  }
}

/** Refusals are final; troubles of the server may pass. */
function statusError(response: Response, url: string): Error {
  const isPassing =
    500 <= response.status || response.status === 429 || response.status === 408 || response.status === 416;
  const text = `the server answered ${response.status} ${response.statusText}`.trim();
  if (isPassing) return new Error(text);
  return new AlidadeError({ code: 'not_found', message: `${url} could not be fetched: ${text}` });
}

function describeNetworkError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? `${error.message} (${cause.message})` : error.message;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((done) => {
    const timer = setTimeout(finish, milliseconds);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      done();
    }
    signal.addEventListener('abort', finish, { once: true });
  });
  throwIfCancelled(signal);
}
