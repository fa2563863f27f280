// What provider.mjs and assertion.mjs have in common: how they reach `alidade serve`.

const defaultUrl = 'http://127.0.0.1:8717';

/**
 * Where the server is: `url` of the configuration, else ALIDADE_URL, else the default address; its token is in the
 * environment variable that `tokenEnv` names (ALIDADE_TOKEN), so that no secret stands in a configuration.
 *
 * @param {{url?: string, tokenEnv?: string, timeoutMs?: number}} config
 * @param {Record<string, string | undefined>} env
 */
export function serverOf({ url, tokenEnv = 'ALIDADE_TOKEN', timeoutMs = 600_000 } = {}, env = process.env) {
  const token = env[tokenEnv];
  return { url: (url ?? env.ALIDADE_URL ?? defaultUrl).replace(/\/+$/, ''), token, tokenEnv, timeoutMs };
}

/**
 * @param {ReturnType<typeof serverOf>} server
 * @param {{path: string, body: unknown, signal?: AbortSignal}} request
 * @returns {Promise<any>} the answer's JSON
 * @throws Error that says what failed and what to do about it
 */
export async function post({ url, token, tokenEnv, timeoutMs }, { path, body, signal }) {
  if (!token)
    throw new Error(`${tokenEnv} is not set: it has to be the token that alidade serve prints when it starts`);
  const timeout = AbortSignal.timeout(timeoutMs);
  let answer;
  try {
    answer = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    if (timeout.aborted) throw new Error(`alidade serve at ${url} has not answered within ${timeoutMs / 1000} s`);
    const reason = error.cause?.code ?? error.message;
    throw new Error(`alidade serve does not answer at ${url} (${reason}): start it, and set ALIDADE_URL to its url`);
  }
  const text = await answer.text();
  const value = parse(text);
  if (answer.ok && value !== undefined) return value;
  if (answer.status === 401) throw new Error(`alidade serve at ${url} has another token than ${tokenEnv}`);
  throw new Error(`alidade serve: ${value?.error?.message ?? `status ${answer.status}`}`);
}

/**
 * promptfoo's prompts are text; a conversation is a JSON list of messages in one.
 *
 * @param {string} prompt
 * @returns {{role: string, content: string}[]}
 */
export function messagesOf(prompt) {
  const value = /^\s*\[/.test(prompt) ? parse(prompt) : undefined;
  const isConversation =
    Array.isArray(value) && value.length > 0 && value.every((turn) => typeof turn?.role === 'string');
  return isConversation ? value : [{ role: 'user', content: prompt }];
}

/** undefined: not JSON. */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
