import { AlidadeError } from '../../core/alidadeError';
import { sampleToken } from '../../core/generation/sampleToken';
import type { SamplingOptions } from '../../core/generation/sampleToken';
import { createStopFinder } from '../../core/generation/stopFinder';
import type { JobContext } from '../../core/jobContext';
import { seededRandom } from '../../core/seededRandom';
import { createTextStream } from '../../core/tokenizer/textStream';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { LanguageModel } from './languageModel';

export interface GenerateParams extends SamplingOptions {
  readonly promptIds: readonly number[];
  readonly maxNewTokens: number;
  /** Independent continuations; they share the computation of the prompt. */
  readonly count: number;
  readonly seed: number;
  readonly ignoreEndOfSequence: boolean;
  /** A choice ends before the first of these texts, none of which is empty. */
  readonly stopTexts?: readonly string[];
  /** Called with each piece of text as it comes. */
  readonly onText?: (piece: string, choice: number) => void;
  /** Called with each token before its text, the ending token included. */
  readonly onToken?: (token: GeneratedToken) => void;
  /** Awaited before each token is computed: whoever has something more urgent does it then. */
  readonly beforeToken?: () => Promise<void>;
}

export interface GeneratedToken {
  readonly id: number;
  readonly choice: number;
  /** [vocab], of which it was taken. */
  readonly logits: Float32Array;
}

export interface Choice {
  readonly text: string;
  /** Without the ending token. */
  readonly tokenIds: readonly number[];
  readonly finishReason: 'stop' | 'length';
}

export interface Generation {
  readonly choices: readonly Choice[];
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
  readonly timings: { readonly prefillMs: number; readonly decodeMs: number };
}

/** @throws AlidadeError `too_long` when the prompt fills the context, `row` for ids outside the vocabulary, `cancelled`. */
export async function generate(model: LanguageModel, params: GenerateParams, context: JobContext): Promise<Generation> {
  checkPrompt(model, params.promptIds);
  const choices: Choice[] = [];
  const timings = { prefillMs: 0, decodeMs: 0 };
  for (let index = 0; index < params.count; index += 1) {
    choices.push(await generateChoice({ model, params, index, timings }, context));
  }
  const completionTokens = choices.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
  return { choices, usage: { promptTokens: params.promptIds.length, completionTokens }, timings };
}

/** Logits [vocab] and final-norm hidden state [hidden] of the last position of a prompt: for checking. */
export async function readLastPosition(
  model: LanguageModel,
  promptIds: readonly number[],
  context: JobContext,
): Promise<{ readonly logits: readonly number[]; readonly hidden: readonly number[] }> {
  checkPrompt(model, promptIds);
  const positions = [promptIds.length - 1];
  const { logits, hidden } = await model.session.evaluate(
    { ids: promptIds, hiddenPositions: positions, scored: { kind: 'logits', positions } },
    context,
  );
  return { logits: Array.from(logits[0] ?? []), hidden: Array.from(hidden[0] ?? []) };
}

async function generateChoice(
  parts: {
    readonly model: LanguageModel;
    readonly params: GenerateParams;
    readonly index: number;
    readonly timings: { prefillMs: number; decodeMs: number };
  },
  context: JobContext,
): Promise<Choice> {
  const { model, params, index, timings } = parts;
  const { session, tokenizer, checkpoint } = model;
  const endIds = new Set(params.ignoreEndOfSequence ? [] : checkpoint.config.eosTokenIds);
  const random = seededRandom(params.seed + index);
  const stream = createTextStream(tokenizer);
  const ids = [...params.promptIds];
  const tokenIds: number[] = [];
  const stops = createStopFinder(params.stopTexts ?? []);
  let text = '';
  const emit = (piece: string): void => {
    text += piece;
    if (piece !== '') params.onText?.(piece, index);
  };
  let finishReason: Choice['finishReason'] = 'length';
  while (tokenIds.length < params.maxNewTokens && ids.length < checkpoint.config.contextLength) {
    await params.beforeToken?.();
    throwIfCancelled(context.signal);
    const start = performance.now();
    const { logits } = await session.evaluate(
      { ids, hiddenPositions: [], scored: { kind: 'logits', positions: [ids.length - 1] } },
      context,
    );
    timings[tokenIds.length === 0 ? 'prefillMs' : 'decodeMs'] += performance.now() - start;
    const next = sampleToken(logits[0], params, random);
    params.onToken?.({ id: next, choice: index, logits: logits[0] });
    if (endIds.has(next)) {
      finishReason = 'stop';
      break;
    }
    ids.push(next);
    tokenIds.push(next);
    emit(stops.push(stream.push(next)));
    if (stops.isStopped) return { text, tokenIds, finishReason: 'stop' };
  }
  emit(stops.push(stream.end()));
  emit(stops.end());
  return { text, tokenIds, finishReason: stops.isStopped ? 'stop' : finishReason };
}

/** @throws AlidadeError `row`, `too_long`. */
export function checkPrompt({ checkpoint }: LanguageModel, ids: readonly number[]): void {
  const { contextLength, vocabSize } = checkpoint.config;
  if (ids.length === 0) throw new AlidadeError({ code: 'row', message: 'the prompt has no tokens' });
  const outside = ids.find((id) => !Number.isInteger(id) || id < 0 || vocabSize <= id);
  if (outside !== undefined) {
    throw new AlidadeError({ code: 'row', message: `token id ${outside} is outside the vocabulary of ${vocabSize}` });
  }
  if (contextLength < ids.length) {
    throw new AlidadeError({
      code: 'too_long',
      message: `the prompt has ${ids.length} tokens, the context of ${checkpoint.name} is ${contextLength}`,
      hint: 'shorten the prompt',
    });
  }
}
