import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerLimits } from '../serverLimits';
import { HttpError, badRequest } from './httpError';

export interface ReadBodyParams {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly limits: ServerLimits;
  readonly signal: AbortSignal;
  /** Called for every piece before it is kept; may throw an HttpError. */
  readonly onBytes: (bytes: number) => void;
}

/** Deeper than any request that means something; a deep nesting would overflow the stack of whoever walks it. */
const maxDepth = 100;

/**
 * The JSON of a request's body.
 * @throws HttpError 400 (not JSON, not UTF-8), 408 (too slow), 413 (too large), 415 (compressed, or another charset), and
 * what `onBytes` throws; the signal's reason.
 */
export async function readJsonBody(params: ReadBodyParams): Promise<unknown> {
  checkEncoding(params.request);
  const bytes = await readBytes(params);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('the body is not valid UTF-8');
  }
  if (text.trim() === '') throw badRequest('the body is empty: it has to be a JSON object');
  checkDepth(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badRequest(`the body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function checkEncoding({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw unsupported(`a body with Content-Encoding ${encoding} is not read: send it as it is`);
  }
  // The type itself is not looked at: curl and fetch name others unless told, and a body is JSON or it is refused.
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw unsupported(`a body in ${charset} is not read: send it in UTF-8`);
  }
}

function unsupported(message: string): HttpError {
  return new HttpError({ status: 415, code: 'unsupported_media_type', message });
}

function readBytes({ request, response, limits, signal, onBytes }: ReadBodyParams): Promise<Buffer> {
  const { maxBody, bodyTime, bytesPerSecond } = limits;
  const declared = Number(request.headers['content-length'] ?? 0);
  if (maxBody < declared) return Promise.reject(tooLarge(maxBody));
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const start = performance.now();
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      request.off('data', onData).off('end', onEnd).off('error', onError);
      act();
    };
    const onAbort = (): void => settle(() => reject(signal.reason as Error));
    const onError = (error: Error): void => settle(() => reject(badRequest(`the body broke off: ${error.message}`)));
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      try {
        if (maxBody < length) throw tooLarge(maxBody);
        onBytes(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        settle(() => reject(error));
      }
    };
    // A client that sends a byte now and then is as slow as one that sends none.
    const check = (): void => {
      const deadline = start + bodyTime + (1000 * length) / bytesPerSecond;
      const rest = deadline - performance.now();
      if (0 < rest) timer = setTimeout(check, rest);
      else settle(() => reject(tooSlow()));
    };
    let timer = setTimeout(check, bodyTime);
    signal.addEventListener('abort', onAbort, { once: true });
    request.on('data', onData).on('end', onEnd).on('error', onError);
    if (signal.aborted) onAbort();
  });
}

function tooLarge(maxBody: number): HttpError {
  const message = `the body is larger than ${maxBody} bytes: send fewer rows at a time, or start the server with a larger --max-body`;
  return new HttpError({ status: 413, code: 'body_too_large', message });
}

function tooSlow(): HttpError {
  return new HttpError({ status: 408, code: 'body_too_slow', message: 'the body did not come in time' });
}

/** Counts brackets outside of strings: cheaper than walking the parsed value, and it needs no stack. */
function checkDepth(text: string): void {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isInString) {
      if (code === 0x5c)
        at += 1; // \
      else if (code === 0x22) isInString = false; // "
      continue;
    }
    if (code === 0x22) isInString = true;
    else if (code === 0x5b || code === 0x7b)
      depth += 1; // [ {
    else if (code === 0x5d || code === 0x7d) depth -= 1; // ] }
    if (maxDepth < depth) throw badRequest(`the body is nested deeper than ${maxDepth} levels`);
  }
}
