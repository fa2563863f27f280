import type { SecretStorage } from 'vscode';
import { l10n } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { ChatCompletionBody, ChatEndpoint } from '../../core/generation/chatCompletion';
import {
  adaptChatBody,
  describeEndpointRefusal,
  readChatCompletion,
  readChatEndpoint,
  readModelNames,
} from '../../core/generation/chatCompletion';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import { readSetting } from '../readSetting';
import { endpointKeyFor } from './endpointKeys';
import type { Generator } from './generator';

/** Milliseconds until one request has to be answered: a slow machine may be behind the endpoint. */
const answerTimeout = 300_000;
const listTimeout = 5000;
/** Bytes of an answer; longer ones are no chat completions. */
const largestAnswer = 32 * 2 ** 20;
/** Changes that a server may ask of the form of a request. */
const mostAdaptations = 3;

export interface EndpointGeneratorParams {
  readonly secrets: SecretStorage;
  /** Milliseconds; set only to test. */
  readonly timeout?: number;
}

/**
 * Any server that answers `POST /v1/chat/completions` as OpenAI's does. It is asked only while something is generated.
 * @throws AlidadeError `usage` when no endpoint is set.
 */
export function openEndpointGenerator({ secrets, timeout = answerTimeout }: EndpointGeneratorParams): Generator {
  const endpoint = readChatEndpoint(readSetting('generator.endpoint'));
  const model = readSetting('generator.endpointModel').trim();
  return {
    label: model === '' ? endpoint.origin : l10n.t('{0} at {1}', model, endpoint.origin),
    generate: async (messages, { count, temperature, maxNewTokens, seed }, { signal, progress, onAnswer }) => {
      const key = await endpointKeyFor(endpoint.origin, secrets);
      const answers: GeneratedAnswer[] = [];
      let body: ChatCompletionBody = {
        ...(model === '' ? {} : { model }),
        messages,
        temperature,
        max_tokens: maxNewTokens,
        n: count,
        seed,
        stream: false,
      };
      while (answers.length < count) {
        progress?.({ message: l10n.t('Waiting for {0}', endpoint.origin) });
        const missing = count - answers.length;
        const asked: ChatCompletionBody = {
          ...body,
          ...(body.n === undefined ? {} : { n: missing }),
          ...(body.seed === undefined ? {} : { seed: seed + answers.length }),
        };
        const reply = await complete({ endpoint, body: asked, key, timeout, signal });
        if (reply.answers.length === 0) throw emptyReply(endpoint);
        body = reply.body;
        for (const answer of reply.answers.slice(0, missing)) {
          onAnswer?.(answer, answers.length);
          answers.push(answer);
        }
      }
      return answers;
    },
  };
}

/** The models that an endpoint names; none when it does not say. Asks over the network. */
export async function listEndpointModels(
  { modelsUrl, origin }: ChatEndpoint,
  secrets: SecretStorage,
): Promise<readonly string[]> {
  try {
    const key = await endpointKeyFor(origin, secrets);
    const signal = AbortSignal.timeout(listTimeout);
    const response = await fetch(modelsUrl, { headers: authorisation(key), signal });
    return response.ok ? readModelNames(await readBounded(response, origin)) : [];
  } catch {
    return [];
  }
}

interface CompleteParams {
  readonly endpoint: ChatEndpoint;
  readonly body: ChatCompletionBody;
  readonly key: string | undefined;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** The answers, and the form of the request in which the server took it. */
async function complete({
  body: first,
  ...params
}: CompleteParams): Promise<{ readonly answers: readonly GeneratedAnswer[]; readonly body: ChatCompletionBody }> {
  let body = first;
  for (let adaptations = 0; ; adaptations += 1) {
    const { status, text, retryAfter } = await post({ ...params, body });
    const { origin } = params.endpoint;
    if (200 <= status && status < 300) return { answers: readChatCompletion(text, origin), body };
    const refusal = { status, text, from: origin, hasKey: params.key !== undefined, retryAfter };
    const adapted = adaptations < mostAdaptations ? adaptChatBody(body, refusal) : null;
    if (adapted === null) throw describeEndpointRefusal(refusal);
    body = adapted;
  }
}

interface PostReply {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: number | null;
}

async function post({ endpoint, body, key, timeout, signal }: CompleteParams): Promise<PostReply> {
  const limit = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(endpoint.chatUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...authorisation(key) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, limit]),
    });
    const wait = Number(response.headers.get('retry-after') ?? NaN);
    return {
      status: response.status,
      text: await readBounded(response, endpoint.origin),
      retryAfter: Number.isFinite(wait) ? wait : null,
    };
  } catch (error) {
    if (error instanceof AlidadeError) throw error;
    if (signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
    throw limit.aborted ? timedOut(endpoint, timeout) : unreachable(endpoint, error);
  }
}

/** @throws AlidadeError `format` for an answer that is far too long. */
async function readBounded(response: Response, from: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (largestAnswer < bytes) {
      throw new AlidadeError({
        code: 'format',
        message: l10n.t('{0} answered with more than {1} MB', from, largestAnswer / 2 ** 20),
        hint: l10n.t('check that the address is that of an OpenAI-compatible server'),
      });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function authorisation(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

function timedOut({ origin }: ChatEndpoint, timeout: number): AlidadeError {
  return new AlidadeError({
    code: 'device',
    message: l10n.t('{0} did not answer within {1} s', origin, timeout / 1000),
    hint: l10n.t('ask for fewer or shorter answers, or look into the log of the server'),
  });
}

function unreachable({ origin }: ChatEndpoint, error: unknown): AlidadeError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const detail = code === '' ? (cause instanceof Error ? cause.message : String(cause)) : code;
  return new AlidadeError({
    code: 'not_found',
    message: l10n.t('{0} cannot be reached ({1})', origin, detail),
    hint: l10n.t('start the server, or check the setting {0}', 'alidade.generator.endpoint'),
    cause: error,
  });
}

function emptyReply({ origin }: ChatEndpoint): AlidadeError {
  return new AlidadeError({
    code: 'format',
    message: l10n.t('{0} answered without any text', origin),
    hint: l10n.t('its model may have refused, or may only call tools'),
  });
}
