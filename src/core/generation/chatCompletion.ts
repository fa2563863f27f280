import { AlidadeError } from '../alidadeError';
import type { Message } from '../promptFile/message';
import { isRecord } from '../promptFile/rowProblem';
import type { GeneratedAnswer } from './generatedAnswer';

/** What an OpenAI-compatible server is asked: https://platform.openai.com/docs/api-reference/chat/create. */
export interface ChatCompletionBody {
  readonly model?: string;
  readonly messages: readonly Message[];
  readonly temperature: number;
  readonly n?: number;
  readonly seed?: number;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly stream: false;
}

/** Where an OpenAI-compatible server answers. */
export interface ChatEndpoint {
  /** `…/chat/completions` */
  readonly chatUrl: string;
  /** `…/models` */
  readonly modelsUrl: string;
  /** Scheme, host and port: whom a key is meant for. */
  readonly origin: string;
}

/**
 * The addresses of a server that is given by its root, by its `/v1`, or by `…/chat/completions` itself.
 * @throws AlidadeError `usage` for what is no address of a server.
 */
export function readChatEndpoint(address: string): ChatEndpoint {
  const url = parseUrl(address.trim());
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new AlidadeError({
      code: 'usage',
      message: address.trim() === '' ? 'no endpoint is set' : `${address} is not the address of an endpoint`,
      hint: 'give an address such as http://127.0.0.1:8000/v1',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new AlidadeError({
      code: 'usage',
      message: 'the address of the endpoint holds a user name or a password',
      hint: 'leave it out, and give the key by the command that stores it in secret',
    });
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '');
  const base = `${url.origin}${path === '' ? '/v1' : path}`;
  return { chatUrl: `${base}/chat/completions`, modelsUrl: `${base}/models`, origin: url.origin };
}

/**
 * The answers in the JSON of a chat completion; choices without text are left out.
 * @throws AlidadeError `format` for what is no chat completion.
 */
export function readChatCompletion(text: string, from: string): readonly GeneratedAnswer[] {
  const value = parseJson(text);
  const choices = isRecord(value) ? value['choices'] : undefined;
  if (!Array.isArray(choices)) {
    const found = value === undefined ? 'what is not JSON' : 'JSON without `choices`';
    throw new AlidadeError({
      code: 'format',
      message: `${from} answered with ${found}: ${excerpt(text)}`,
      hint: 'check that the address is that of an OpenAI-compatible server',
    });
  }
  return choices.flatMap((choice: unknown): GeneratedAnswer[] => {
    const message = isRecord(choice) ? choice['message'] : undefined;
    const content = isRecord(message) ? message['content'] : undefined;
    if (!isRecord(choice) || typeof content !== 'string') return [];
    return [{ text: content, finishReason: choice['finish_reason'] === 'length' ? 'length' : 'stop' }];
  });
}

/** Names of the models in the answer to `GET …/models`; none when it is something else. */
export function readModelNames(text: string): readonly string[] {
  const value = parseJson(text);
  const data = isRecord(value) ? value['data'] : undefined;
  if (!Array.isArray(data)) return [];
  return data.flatMap((entry: unknown) => (isRecord(entry) && typeof entry['id'] === 'string' ? [entry['id']] : []));
}

export interface EndpointRefusal {
  readonly status: number;
  readonly text: string;
  readonly from: string;
  readonly hasKey: boolean;
  /** Seconds, as the server asks. */
  readonly retryAfter: number | null;
}

/** What an answer that is no success means, in words. */
export function describeEndpointRefusal(refusal: EndpointRefusal): AlidadeError {
  const { status, text, from, hasKey, retryAfter } = refusal;
  const said = errorMessage(text);
  const words = said === null ? '' : `: ${said}`;
  switch (status) {
    case 401:
    case 403:
      return new AlidadeError({
        code: 'permission',
        message: `${from} refuses the request${hasKey ? ' with this key' : ' without a key'} (${status})${words}`,
        hint: hasKey ? 'set another endpoint key' : 'set the endpoint key',
      });
    case 404:
      return new AlidadeError({
        code: 'not_found',
        message: `${from} has no such model or no chat completions (404)${words}`,
        hint: 'check the address of the endpoint and the name of its model',
      });
    case 429:
      return new AlidadeError({
        code: 'device',
        message: `${from} has had too many requests (429)${words}`,
        hint: retryAfter === null ? 'try again later' : `try again in ${retryAfter} s`,
      });
    default:
      return new AlidadeError({
        code: 500 <= status ? 'device' : 'usage',
        message: `${from} answered ${status}${words}`,
        hint: 500 <= status ? 'try again, or look into the log of the server' : undefined,
      });
  }
}

/**
 * The request as a server can take it that has refused it because of one field: some know only one answer at a time, some
 * no seed, some only the newer name of the limit; null when the refusal is about something else.
 */
export function adaptChatBody(body: ChatCompletionBody, { status, text }: EndpointRefusal): ChatCompletionBody | null {
  if (status !== 400 && status !== 422) return null;
  const { n, seed, max_tokens: limit, ...rest } = body;
  const kept = { ...rest, ...(seed === undefined ? {} : { seed }), ...(n === undefined ? {} : { n }) };
  if (limit !== undefined && text.includes('max_completion_tokens')) return { ...kept, max_completion_tokens: limit };
  const limited = limit === undefined ? {} : { max_tokens: limit };
  if (seed !== undefined && /\bseed\b/.test(text)) return { ...rest, ...limited, ...(n === undefined ? {} : { n }) };
  if (n !== undefined && /["'`]n["'`]|\bn\b[^\w]{0,3}(must|should|is|has|>|=|only)|param\W+n\b/.test(text)) {
    return { ...rest, ...limited, ...(seed === undefined ? {} : { seed }) };
  }
  return null;
}

/** The message in the usual shapes of an error: `{error: {message}}`, `{error}`, `{message}`, `{detail}`. */
function errorMessage(text: string): string | null {
  const value = parseJson(text);
  if (!isRecord(value)) return text.trim() === '' ? null : excerpt(text);
  const { error, message, detail } = value;
  for (const found of [isRecord(error) ? error['message'] : error, message, detail]) {
    if (typeof found === 'string' && found.trim() !== '') return excerpt(found);
  }
  return null;
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 200 ? line : `${line.slice(0, 200)}…`;
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
