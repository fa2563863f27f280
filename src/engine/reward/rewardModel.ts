import { createHash } from 'node:crypto';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { JobContext } from '../../core/jobContext';
import { inputsOf } from '../../core/promptFile/inputsOf';
import type { Message } from '../../core/promptFile/message';
import type { ScorableInput, ScorableRow } from '../../core/promptFile/scorableRow';
import { assembleScoredRow } from '../../core/reward/assembleScoredRow';
import { checkWeights } from '../../core/reward/checkWeights';
import { buildBreakdown } from '../../core/reward/buildBreakdown';
import type { ExplainedRow, ExplainedText } from '../../core/reward/explainedRow';
import type { PromptProfile } from '../../core/reward/promptProfile';
import type { RewardBreakdown, ScoredRow } from '../../core/reward/rewardBreakdown';
import type { RewardHead } from '../../core/reward/rewardHead';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import { growScore } from '../../core/reward/growScore';
import type { ScoreGrowth } from '../../core/reward/scoreGrowth';
import type { Tokenizer } from '../../core/tokenizer/tokenizer';
import { tokenEnds } from '../../core/tokenizer/tokenEnds';
import type { DecoderSession } from '../onnx/decoderSession';
import type { SequenceText } from './cutMicroBatches';
import { isRowFailure } from './isRowFailure';
import { gatePosition, pooledPositions } from './pooledPositions';
import { readStates } from './readStates';
import type { RowScorer } from './rowScorer';
import type { PreparedText, TextPreparer } from './textPreparer';

export interface ScoreOptions {
  /** Default: the model's context. */
  readonly maxTokens?: number | undefined;
  /** Drop tokens from the left (after BOS) where a text is too long, instead of refusing it. */
  readonly truncate?: boolean | undefined;
  /** Coefficients by objective name, for models without a gate. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /** Add the hidden states that the head has read. */
  readonly states?: boolean | undefined;
}

export interface GrowOptions extends ScoreOptions {
  /** Which responses of the row, from 0; default all. */
  readonly responses?: readonly number[] | undefined;
}

export interface RewardModelParts {
  readonly checkpoint: Checkpoint;
  readonly head: RewardHead;
  readonly session: DecoderSession;
  readonly tokenizer: Tokenizer;
  readonly preparer: TextPreparer;
  readonly headHash: string;
}

/**
 * The responses of one row stay together in the cache, so that a change to one of them costs its new tokens only; longer
 * rows would make every token look at too many that do not concern it.
 */
const MOST_TOKENS_OF_A_ROW = 2048;

/** Numbers of M that go with an explained row: those of 128 objectives. */
const MOST_TRANSFORM = 128 ** 2;

/** A text, and the positions at which the head reads the body's states. */
interface ScorableText extends SequenceText {
  readonly prepared: PreparedText;
  readonly pooled: readonly number[];
  readonly gate: number | null;
}

interface PooledStates {
  readonly pooled: Float64Array; // [hidden]
  readonly gate: Float64Array | null; // [hidden]
}

/** A body with a reward head: the one place where a reward is computed, whoever asks for it. */
export class RewardModel implements RowScorer {
  readonly description: RewardModelDescription;
  readonly #parts: RewardModelParts;
  readonly #gateRun: readonly number[];

  constructor(parts: RewardModelParts) {
    const { checkpoint, head, session, tokenizer, headHash } = parts;
    this.#parts = parts;
    this.#gateRun = head.gateText === null ? [] : tokenizer.encodeRendered(head.gateText);
    this.description = {
      name: checkpoint.name,
      path: checkpoint.path,
      architecture: checkpoint.config.architecture,
      head: head.title,
      headKind: head.kind,
      objectives: head.objectives,
      device: session.device,
      deviceReason: session.deviceReason,
      dtype: session.dtype,
      quantisationLoss: session.quantisationLoss,
      contextLength: checkpoint.config.contextLength,
      hash: modelHashOf(checkpoint, headHash),
      mode: session.weightMode,
    };
  }

  /** Bytes of the body's weights as they are stored for this dtype. */
  get weightBytes(): number {
    return this.#parts.session.weightBytes;
  }

  /**
   * Scores the responses of a row.
   * @throws AlidadeError `row`, `template`, `too_long`, `gate_not_found`, `usage` (weights), `device`, `cancelled`.
   */
  async scoreRow(row: ScorableRow, options: ScoreOptions, context: JobContext): Promise<ScoredRow> {
    checkWeights(this.description, options.weights);
    const texts = this.#prepareRow(row, options);
    return assembleScoredRow(row, await this.#scoreTexts(texts, { ...options, atOnce: MOST_TOKENS_OF_A_ROW }, context));
  }

  async scoreBatch(
    rows: readonly ScorableRow[],
    options: ScoreOptions,
    context: JobContext,
  ): Promise<readonly ScoredRow[]> {
    checkWeights(this.description, options.weights);
    const prepared = rows.map((row) => attempt(() => this.#prepareRow(row, options)));
    const texts = prepared.flatMap((outcome) => (outcome.failure === null ? outcome.value : []));
    const atOnce = this.#parts.session.chunkLength;
    const breakdowns = (await this.#scoreTexts(texts, { ...options, atOnce }, context)).values();
    return rows.map((row, index): ScoredRow => {
      const { failure, value } = prepared[index];
      if (failure !== null) return { id: row.id, error: { code: failure.code, message: failure.message } };
      return assembleScoredRow(row, takeFrom(breakdowns, value.length));
    });
  }

  /** As `scoreRow`, with the exact text and token counts of every response. */
  async explainRow(row: ScorableRow, options: ScoreOptions, context: JobContext): Promise<ExplainedRow> {
    checkWeights(this.description, options.weights);
    const roles = row.kind === 'pair' ? (['chosen', 'rejected'] as const) : [];
    const texts = this.#prepareRow(row, options);
    const breakdowns = await this.#scoreTexts(texts, { ...options, atOnce: MOST_TOKENS_OF_A_ROW }, context);
    const responses = breakdowns.map((breakdown, index): ExplainedText => {
      const { prepared } = texts[index];
      const responseTokens = prepared.response === null ? 0 : prepared.response.end - prepared.response.start;
      return {
        ...breakdown,
        role: roles[index] ?? 'response',
        text: prepared.text,
        promptTokens: prepared.response?.start ?? prepared.ids.length,
        responseTokens,
        ...this.#responseSpan(prepared),
      };
    });
    const specialTokens = this.#specialTokens(texts.flatMap(({ prepared }) => prepared.ids));
    const { gating } = this.#parts.head;
    const isDescribed = gating !== undefined && gating.transform.length <= MOST_TRANSFORM;
    const gate = isDescribed ? { gate: gating } : {};
    return { id: row.id, kind: row.kind, model: this.description, responses, specialTokens, ...gate };
  }

  /**
   * What the gate makes of a prompt, which is what it makes of any response to it; of a model without a gate, how the
   * prompt is templated.
   * @throws AlidadeError `row` when there is nothing to answer, `template`, `too_long`, `gate_not_found`, `device`, `cancelled`.
   */
  async profilePrompt(
    messages: readonly Message[],
    { maxTokens, truncate = false }: Pick<ScoreOptions, 'maxTokens' | 'truncate'>,
    context: JobContext,
  ): Promise<PromptProfile> {
    const { head, preparer, session } = this.#parts;
    const { contextLength } = this.description;
    const limit = { maxTokens: Math.min(maxTokens ?? contextLength, contextLength), truncate };
    const marker = head.gateText === null ? null : this.#gateRun;
    const { ids, text } = preparer.preparePrompt(messages, marker, limit);
    const profile = { model: this.description, tokens: ids.length, text };
    if (head.weigh === undefined) return { ...profile, objectives: null };
    const gate = this.#gatePosition(ids) as number;
    const [{ hidden }] = await session.evaluateAll([{ ids, hiddenPositions: [gate] }], context);
    const { gates, coefficients } = head.weigh(hidden[0]);
    const objectives = head.objectives.map(({ name }, index) => ({
      name,
      gate: gates[index],
      coefficient: coefficients[index],
    }));
    return { ...profile, objectives };
  }

  /**
   * The scores of responses as their text grows, from one forward pass for each: null for a text without a response.
   * @throws as `scoreRow`.
   */
  async growRow(row: ScorableRow, options: GrowOptions, context: JobContext): Promise<readonly (ScoreGrowth | null)[]> {
    checkWeights(this.description, options.weights);
    const texts = this.#prepareRow(row, options);
    const growths: (ScoreGrowth | null)[] = [];
    for (const response of options.responses ?? texts.keys()) {
      const text = texts[response];
      if (text === undefined) {
        throw new AlidadeError({ code: 'usage', message: `the row has no response ${response}, only ${texts.length}` });
      }
      growths.push(await this.#growText(text, options, context));
    }
    return growths;
  }

  forget(): void {
    void this.#parts.session.forget();
  }

  async release(): Promise<void> {
    await this.#parts.session.release();
  }

  #prepareRow(row: ScorableRow, options: ScoreOptions): ScorableText[] {
    return inputsOf(row).map((input) => this.#prepare(input, options));
  }

  #prepare(input: ScorableInput, options: ScoreOptions): ScorableText {
    const { contextLength } = this.description;
    const prepared = this.#parts.preparer.prepare(input, {
      maxTokens: Math.min(options.maxTokens ?? contextLength, contextLength),
      truncate: options.truncate ?? false,
    });
    const { ids } = prepared;
    const { head, checkpoint } = this.#parts;
    const pooled = pooledPositions(prepared, head.pooling, checkpoint.config.padTokenId);
    return { prepared, ids, pooled, gate: this.#gatePosition(ids) };
  }

  async #scoreTexts(
    texts: readonly ScorableText[],
    options: ScoreOptions & { readonly atOnce: number },
    context: JobContext,
  ): Promise<RewardBreakdown[]> {
    const { head } = this.#parts;
    const withStates = options.states === true;
    const states = await this.#readStates(texts, options.atOnce, context);
    return states.map(({ pooled, gate }, index) => {
      const { response, ids, truncated } = texts[index].prepared;
      const responseTokens = response === null ? 0 : response.end - response.start;
      return buildBreakdown({
        head,
        output: head.apply({ pooled, gate, responseTokens }),
        tokens: ids.length,
        truncated,
        weights: options.weights ?? {},
        lastHidden: withStates ? Array.from(pooled) : undefined,
        gateHidden: withStates && gate !== null ? Array.from(gate) : undefined,
      });
    });
  }

  async #growText(
    { prepared, pooled, gate }: ScorableText,
    { weights = {} }: ScoreOptions,
    context: JobContext,
  ): Promise<ScoreGrowth | null> {
    const { session, head, tokenizer } = this.#parts;
    const { ids, text } = prepared;
    const response = this.#responseOf(prepared, gate);
    if (response === null) return null;
    const tokens = Array.from({ length: response.end - response.start }, (_, index) => response.start + index);
    const closing = head.pooling.kind === 'last' && pooled[0] !== response.end - 1 ? pooled[0] : null;
    const others = [gate, closing].filter((position) => position !== null);
    const hiddenPositions = [...new Set([...others, ...tokens])].sort((a, b) => a - b);
    const [{ hidden }] = await session.evaluateAll([{ ids, hiddenPositions }], context);
    const stateOf = new Map(hiddenPositions.map((position, index) => [position, hidden[index]]));
    const stateAt = (position: number): Float32Array => stateOf.get(position) as Float32Array;
    // With the token before the response, which ends where it starts.
    const [start, ...ends] =
      response.start === 0
        ? [0, ...tokenEnds({ tokenizer, ids, text, ...response })]
        : tokenEnds({ tokenizer, ids, text, start: response.start - 1, end: response.end });
    return growScore({
      head,
      states: tokens.map(stateAt),
      closingState: closing === null ? null : stateAt(closing),
      gate: gate === null ? null : stateAt(gate),
      weights,
      text,
      tokenEnds: ends,
      response: { start, end: ends[ends.length - 1] },
    });
  }

  #responseSpan({ ids, text, response }: PreparedText): Pick<ExplainedText, 'responseSpan'> {
    if (response === null || response.end <= response.start) return {};
    const { tokenizer } = this.#parts;
    const endOf = (token: number): number => tokenEnds({ tokenizer, ids, text, start: token, end: token + 1 })[0];
    const start = response.start === 0 ? 0 : endOf(response.start - 1);
    return { responseSpan: { start, end: endOf(response.end - 1) } };
  }

  /** Behind what a gate reads, also where the template does not open a turn when asked to. */
  #responseOf({ response }: PreparedText, gate: number | null): PreparedText['response'] {
    if (response === null) return null;
    const start = gate === null ? response.start : Math.max(response.start, gate + this.#gateRun.length);
    return start < response.end ? { start, end: response.end } : null;
  }

  /** What the head reads of some texts, so many tokens of them at once. */
  async #readStates(texts: readonly ScorableText[], atOnce: number, context: JobContext): Promise<PooledStates[]> {
    const { session } = this.#parts;
    const placed = texts.map(({ ids, pooled, gate }) => ({ ids, places: gate === null ? [pooled] : [pooled, [gate]] }));
    const states = await readStates({ session, texts: placed, atOnce }, context);
    return states.map(([pooled, gate = null]) => ({ pooled, gate }));
  }

  #gatePosition(ids: readonly number[]): number | null {
    return this.#parts.head.gateText === null ? null : gatePosition(ids, this.#gateRun);
  }

  /** The spellings of the special tokens among some ids, each once. */
  #specialTokens(ids: readonly number[]): string[] {
    const { tokenizer } = this.#parts;
    const special = [...new Set(ids)].filter((id) => tokenizer.isSpecial(id));
    return special.map((id) => tokenizer.idToToken(id) ?? '').filter((token) => token !== '');
  }
}

/** What came of something that may fail for one row and not for the others. */
type Outcome<Value> =
  { readonly failure: null; readonly value: Value } | { readonly failure: AlidadeError; readonly value: null };

function attempt<Value>(work: () => Value): Outcome<Value> {
  try {
    return { failure: null, value: work() };
  } catch (error) {
    if (!isRowFailure(error)) throw error;
    return { failure: error, value: null };
  }
}

function takeFrom<Item>(items: Iterator<Item, undefined>, count: number): Item[] {
  return Array.from({ length: count }, () => items.next().value as Item);
}

/** Tells one model from another: its files, its head, and how it is asked. */
export function modelHashOf({ fingerprint }: Pick<Checkpoint, 'fingerprint'>, headHash: string): string {
  return createHash('sha256').update(fingerprint).update(headHash).digest('hex');
}
