import { randomInt } from 'node:crypto';
import { HttpError } from '../http/httpError';
import type { GenerationRequest } from '../modelService';
import type { RequestFields } from './requestFields';

/** What chat completions and completions have in common. */
export interface GenerationFields extends Pick<
  GenerationRequest,
  'count' | 'temperature' | 'topP' | 'topK' | 'seed' | 'stopTexts' | 'ignoreEndOfSequence'
> {
  readonly isStreamed: boolean;
  readonly includesUsage: boolean;
}

const maxChoices = 128;
const maxStopTexts = 16;
const maxStopLength = 1000;

/** Fields that would change the answer and that nothing here obeys, with the values that ask for nothing. */
const unsupported: readonly (readonly [name: string, isHarmless: (value: unknown) => boolean])[] = [
  ['tools', isEmptyList],
  ['functions', isEmptyList],
  ['audio', () => false],
  ['response_format', (value) => typeOf(value) === 'text'],
  ['logit_bias', (value) => typeof value === 'object' && Object.keys(value ?? {}).length === 0],
  ['presence_penalty', (value) => value === 0],
  ['frequency_penalty', (value) => value === 0],
  ['repetition_penalty', (value) => value === 1],
  ['min_p', (value) => value === 0],
  ['suffix', (value) => value === ''],
];

/** @throws HttpError 400 */
export function readGenerationFields(fields: RequestFields): GenerationFields {
  for (const [name, isHarmless] of unsupported) {
    const value = fields.get(name);
    if (value !== undefined && !isHarmless(value)) throw notSupported(name);
  }
  const count = fields.number('n', { least: 1, most: maxChoices, isInteger: true }) ?? 1;
  const bestOf = fields.get('best_of');
  if (bestOf !== undefined && bestOf !== count) throw notSupported('best_of');
  const temperature = fields.number('temperature', { least: 0, most: 100 }) ?? 1;
  const topP = fields.number('top_p', { least: 0, most: 1 }) ?? 1;
  const streamOptions = fields.object('stream_options');
  return {
    count,
    temperature,
    // An empty nucleus has nothing to draw from: the most likely token is what remains.
    topP: Math.max(topP, Number.MIN_VALUE),
    topK: Math.max(0, fields.number('top_k', { least: -1, isInteger: true }) ?? 0),
    seed: (fields.number('seed', { isInteger: true }) ?? randomInt(2 ** 31)) >>> 0,
    stopTexts: readStop(fields),
    ignoreEndOfSequence: fields.boolean('ignore_eos') ?? false,
    isStreamed: fields.boolean('stream') ?? false,
    includesUsage: streamOptions?.boolean('include_usage') ?? false,
  };
}

function readStop(fields: RequestFields): readonly string[] {
  const value = fields.get('stop');
  if (value === undefined) return [];
  const stops: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (maxStopTexts < stops.length) throw fields.refusal('stop', `has ${stops.length} texts, at most ${maxStopTexts}`);
  return stops.map((stop) => {
    if (typeof stop !== 'string') throw fields.refusal('stop', 'has to be a text or a list of texts');
    if (stop === '') throw fields.refusal('stop', 'has an empty text, before which everything would end');
    if (maxStopLength < stop.length) throw fields.refusal('stop', `has a text longer than ${maxStopLength} characters`);
    return stop;
  });
}

function notSupported(name: string): HttpError {
  const message = `\`${name}\` is not supported here: leave it out`;
  return new HttpError({ status: 400, code: 'unsupported_parameter', message, param: name });
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function typeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
}
