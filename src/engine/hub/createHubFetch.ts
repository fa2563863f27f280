import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeNetworkError } from '../checkpoint/describeNetworkError';
import { pause } from '../checkpoint/pause';
import { readRetryAfter } from '../checkpoint/readRetryAfter';
import type { HubAccess } from './hubAccess';
import { describeRefusal, type HubSubject } from './hubRefusal';

/** Bytes; the listing of a repository with 10,000 files has about 3 MB. */
const maximumAnswer = 64_000_000;

/**
 * A `fetch` for the hub's API: says who asks, tries again when the trouble may pass, and gives answers that are complete.
 * The token goes to the endpoint only, whatever address the hub names next.
 * @throws AlidadeError for a refusal or a hub that cannot be reached.
 */
export function createHubFetch(access: HubAccess, subject: HubSubject, context: JobContext): typeof fetch {
  const { endpoint, token, patience } = access;
  const origin = new URL(endpoint).origin;

  const attempt = async (url: URL): Promise<Response | { readonly again: string; readonly after: number | null }> => {
    const isHub = url.origin === origin;
    const response = await fetch(url, {
      headers: {
        accept: 'application/json',
        ...(isHub && token !== null ? { authorization: `Bearer ${token}` } : {}),
      },
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(2 * patience.stallLimit)]),
    });
    if (response.ok) {
      const body = await readAll(response, url);
      return new Response(body, { status: response.status, headers: response.headers });
    }
    await response.body?.cancel();
    const refusal = describeRefusal(response, subject, access);
    if (refusal !== null) throw refusal;
    const after = readRetryAfter(response.headers, Date.now());
    return { again: `the hub answered ${response.status} ${response.statusText}`.trim(), after };
  };

  return async (input) => {
    const url = new URL(input instanceof Request ? input.url : input);
    for (let attempts = 1; ; attempts++) {
      const outcome = await attempt(url).catch((error: unknown) => {
        throwIfCancelled(context.signal);
        if (error instanceof AlidadeError) throw error;
        return { again: describeNetworkError(error), after: null };
      });
      if (outcome instanceof Response) return outcome;
      const wait = outcome.after ?? patience.retryDelay * 2 ** (attempts - 1);
      if (patience.attempts <= attempts || patience.longestPause < wait) {
        throw new AlidadeError({
          code: 'not_found',
          message: `${subject.repository} could not be looked up on ${endpoint}: ${outcome.again}`,
          hint:
            outcome.after === null
              ? 'check the connection and try again later'
              : `the hub asks to try again in ${Math.ceil(outcome.after / 1000)} s`,
        });
      }
      context.logger.info(`${outcome.again}, trying again in ${Math.ceil(wait / 1000)} s`);
      await pause(wait, context.signal);
    }
  };
}

async function readAll(response: Response, url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { value: chunk } = (await reader?.read()) ?? {};
    if (chunk === undefined) break;
    length += chunk.length;
    if (maximumAnswer < length) {
      throw new AlidadeError({ code: 'format', message: `${url.href} answered more than ${maximumAnswer} bytes` });
    }
    chunks.push(chunk);
  }
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}
