import { open, stat, truncate } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from './describeFileError';
import { describeNetworkError } from './describeNetworkError';
import { pause } from './pause';
import { readRetryAfter } from './readRetryAfter';

export interface DownloadParams {
  readonly url: string;
  /** Bytes already in this file are kept, the rest is added. */
  readonly output: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** What progress is called. */
  readonly message: string;
  /** Sent with every request; `authorization` only as far as the first redirection to another host. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a refusal means; null: it may pass. By default refusals are final and troubles of the server pass. */
  readonly describeRefusal?: (response: Response) => AlidadeError | null;
  /** Attempts without much progress after which it is given up. Default 4. */
  readonly attempts?: number;
  /** Milliseconds without a byte after which an attempt is given up. Default 30,000. */
  readonly stallLimit?: number;
  /** Milliseconds before the second attempt, doubled for each one after. Default 500. */
  readonly retryDelay?: number;
  /** The longest `Retry-After` that is waited for, in milliseconds. Default 120,000. */
  readonly longestPause?: number;
}

/** Bytes: an attempt that brought so many counts as progress. */
const muchProgress = 1_000_000;

/** A trouble of the server that may pass. */
class PassingTrouble extends Error {
  constructor(
    message: string,
    /** Milliseconds that the server asks to wait; null when it does not say. */
    readonly after: number | null,
  ) {
    super(message);
  }
}

/**
 * Fetches a file over HTTP into `output`, going on where an earlier attempt stopped. Does not check the content.
 * @throws AlidadeError `not_found` when the server does not have it or cannot be reached, `cancelled`, `no_space`.
 */
export async function downloadFile(params: DownloadParams, context: JobContext): Promise<void> {
  const { url, output, attempts = 4, retryDelay = 500, longestPause = 120_000 } = params;
  let reached = await sizeOf(output);
  for (let attempt = 1; ; attempt++) {
    try {
      await downloadRest(params, context);
      return;
    } catch (error) {
      throwIfCancelled(context.signal);
      if (error instanceof AlidadeError) throw error;
      const reason = describeNetworkError(error);
      const present = await sizeOf(output);
      if (reached + muchProgress <= present) attempt = 1;
      reached = Math.max(reached, present);
      const after = error instanceof PassingTrouble ? error.after : null;
      const wait = after ?? retryDelay * 2 ** (attempt - 1);
      if (attempts <= attempt || longestPause < wait) {
        throw new AlidadeError({
          code: 'not_found',
          message: `${url} could not be fetched: ${reason}`,
          hint:
            after === null
              ? 'check the connection and start again: what was fetched is kept'
              : `the server asks to try again in ${Math.ceil(after / 1000)} s: what was fetched is kept`,
          cause: error,
        });
      }
      context.logger.info(`fetching ${url} stopped (${reason}), going on`);
      await pause(wait, context.signal);
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function downloadRest(
  { url, output, size, message, headers = {}, describeRefusal, stallLimit = 30_000 }: DownloadParams,
  context: JobContext,
): Promise<void> {
  const present = await sizeOf(output);
  if (present === size && 0 < size) return;
  const start = present < size ? present : 0;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallLimit / 1000} s`)), stallLimit);
  try {
    const response = await fetch(url, {
      // Lengths and ranges are those of the file itself, not of a compressed form.
      headers: { ...headers, 'accept-encoding': 'identity', ...(start === 0 ? {} : { range: `bytes=${start}-` }) },
      signal: AbortSignal.any([context.signal, stalled.signal]),
    });
    const isRest =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true;
    if (!response.ok) {
      await response.body?.cancel();
      // The server knows a shorter file than the one that was begun.
      if (response.status === 416) await truncate(output, 0);
      throw refusalOf(response, url, describeRefusal);
    }
    if (response.status === 206 && !isRest) {
      await response.body?.cancel();
      await truncate(output, 0);
      throw new PassingTrouble('the server sent another part than was asked for', null);
    }
    await append(
      {
        body: response.body ?? new Blob([]).stream(),
        output,
        start: isRest ? start : 0,
        size,
        message,
        onBytes: () => timer.refresh(),
      },
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

function refusalOf(response: Response, url: string, describe: DownloadParams['describeRefusal']): Error {
  const text = `the server answered ${response.status} ${response.statusText}`.trim();
  const refusal = describe === undefined ? describeFinalRefusal(response, url, text) : describe(response);
  return refusal ?? new PassingTrouble(text, readRetryAfter(response.headers, Date.now()));
}

/** Refusals are final; troubles of the server may pass. */
function describeFinalRefusal({ status }: Response, url: string, text: string): AlidadeError | null {
  if (500 <= status || status === 429 || status === 408 || status === 416) return null;
  return new AlidadeError({ code: 'not_found', message: `${url} could not be fetched: ${text}` });
}
