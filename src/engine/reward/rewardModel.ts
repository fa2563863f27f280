import { createHash } from 'node:crypto';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { JobContext } from '../../core/jobContext';
import type { ScorableInput, ScorableRow } from '../../core/promptFile/scorableRow';
import { assembleScoredRow } from '../../core/reward/assembleScoredRow';
import { buildBreakdown } from '../../core/reward/buildBreakdown';
import type { ExplainedRow, ExplainedText } from '../../core/reward/explainedRow';
import { findLastRun } from '../../core/reward/findLastRun';
import type { RewardBreakdown, ScoredRow } from '../../core/reward/rewardBreakdown';
import type { RewardHead } from '../../core/reward/rewardHead';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { Tokenizer } from '../../core/tokenizer/tokenizer';
import type { DecoderSession } from '../onnx/decoderSession';
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

export interface RewardModelParts {
  readonly checkpoint: Checkpoint;
  readonly head: RewardHead;
  readonly session: DecoderSession;
  readonly tokenizer: Tokenizer;
  readonly preparer: TextPreparer;
  readonly headHash: string;
}

/** A body with a reward head: the one place where a reward is computed, whoever asks for it. */
export class RewardModel {
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
      dtype: 'f32',
      contextLength: checkpoint.config.contextLength,
      hash: createHash('sha256').update(checkpoint.fingerprint).update(headHash).digest('hex'),
      mode: session.weightMode,
    };
  }

  /**
   * Scores the responses of a row; those that share their beginning share its computation.
   * @throws AlidadeError `row`, `template`, `too_long`, `gate_not_found`, `usage` (weights), `device`, `cancelled`.
   */
  async scoreRow(row: ScorableRow, options: ScoreOptions, context: JobContext): Promise<ScoredRow> {
    const scored = await this.#scoreInputs(listInputs(row), options, context);
    return assembleScoredRow(
      row,
      scored.map(({ breakdown }) => breakdown),
    );
  }

  /** As `scoreRow`, with the exact text and token counts of every response. */
  async explainRow(row: ScorableRow, options: ScoreOptions, context: JobContext): Promise<ExplainedRow> {
    const roles = row.kind === 'pair' ? (['chosen', 'rejected'] as const) : [];
    const scored = await this.#scoreInputs(listInputs(row), options, context);
    const responses = scored.map(({ breakdown, prepared }, index): ExplainedText => {
      const responseTokens = prepared.response === null ? 0 : prepared.response.end - prepared.response.start;
      return {
        ...breakdown,
        role: roles[index] ?? 'response',
        text: prepared.text,
        promptTokens: prepared.response?.start ?? prepared.ids.length,
        responseTokens,
      };
    });
    const specialTokens = this.#specialTokens(scored.flatMap(({ prepared }) => prepared.ids));
    return { id: row.id, kind: row.kind, model: this.description, responses, specialTokens };
  }

  /**
   * The hidden state that the head reads for one text, [hidden]: what heads are trained on.
   * @throws as `scoreRow`.
   */
  async poolFeatures(input: ScorableInput, options: ScoreOptions, context: JobContext): Promise<Float64Array> {
    const { pooled } = await this.#readStates(this.#prepare(input, options), context);
    return pooled;
  }

  async release(): Promise<void> {
    await this.#parts.session.release();
  }

  async #scoreInputs(
    inputs: readonly ScorableInput[],
    options: ScoreOptions,
    context: JobContext,
  ): Promise<{ readonly breakdown: RewardBreakdown; readonly prepared: PreparedText }[]> {
    this.#checkWeights(options.weights ?? {});
    const results: { readonly breakdown: RewardBreakdown; readonly prepared: PreparedText }[] = [];
    for (const prepared of inputs.map((input) => this.#prepare(input, options))) {
      // Computed again after a shared beginning, the same text would differ by rounding, and a tie would be lost.
      const same = results.find((result) => isSameText(result.prepared, prepared));
      results.push({ prepared, breakdown: same?.breakdown ?? (await this.#scoreText(prepared, options, context)) });
    }
    return results;
  }

  #prepare(input: ScorableInput, options: ScoreOptions): PreparedText {
    const { contextLength } = this.description;
    return this.#parts.preparer.prepare(input, {
      maxTokens: Math.min(options.maxTokens ?? contextLength, contextLength),
      truncate: options.truncate ?? false,
    });
  }

  async #scoreText(prepared: PreparedText, options: ScoreOptions, context: JobContext): Promise<RewardBreakdown> {
    const { head } = this.#parts;
    const { pooled, gate, responseTokens } = await this.#readStates(prepared, context);
    const states = options.states === true;
    return buildBreakdown({
      head,
      output: head.apply({ pooled, gate, responseTokens }),
      tokens: prepared.ids.length,
      truncated: prepared.truncated,
      weights: options.weights ?? {},
      lastHidden: states ? Array.from(pooled) : undefined,
      gateHidden: states && gate !== null ? Array.from(gate) : undefined,
    });
  }

  /** Runs the body and pools its hidden states as the head wants them. */
  async #readStates(
    prepared: PreparedText,
    context: JobContext,
  ): Promise<{
    readonly pooled: Float64Array;
    readonly gate: Float32Array | null;
    readonly responseTokens: number;
  }> {
    const { ids, response } = prepared;
    const pooled = this.#pooledPositions(prepared);
    const gatePosition = this.#gatePosition(ids);
    const positions = [...new Set([...(gatePosition === null ? [] : [gatePosition]), ...pooled])].sort((a, b) => a - b);
    const { hidden } = await this.#parts.session.evaluate({ ids, hiddenPositions: positions }, context);
    const states = new Map(positions.map((position, index) => [position, hidden[index]]));
    const stateAt = (position: number): Float32Array => states.get(position) as Float32Array;
    return {
      pooled: mean(pooled.map(stateAt)),
      gate: gatePosition === null ? null : stateAt(gatePosition),
      responseTokens: response === null ? 0 : response.end - response.start,
    };
  }

  #pooledPositions({ ids, response }: PreparedText): readonly number[] {
    const { kind, position } = this.#parts.head.pooling;
    const { padTokenId } = this.#parts.checkpoint.config;
    if (kind === 'mean') {
      if (response === null || response.end <= response.start) {
        throw new AlidadeError({
          code: 'row',
          message: 'there is no response to measure',
          hint: 'the row has to end with an assistant turn that is not empty',
        });
      }
      return Array.from({ length: response.end - response.start }, (_, index) => response.start + index);
    }
    const last = ids.length - 1;
    if (padTokenId === null) return [last];
    if (position === 'before-padding') {
      const firstPad = ids.indexOf(padTokenId);
      return [firstPad <= 0 ? last : firstPad - 1];
    }
    return [
      Math.max(
        0,
        ids.findLastIndex((id) => id !== padTokenId),
      ),
    ];
  }

  #gatePosition(ids: readonly number[]): number | null {
    if (this.#parts.head.gateText === null) return null;
    const position = findLastRun(ids, this.#gateRun);
    if (0 <= position) return position;
    throw new AlidadeError({
      code: 'gate_not_found',
      message: 'the tokens have no start of an assistant turn, where the gate reads the prompt',
      hint: 'the row needs a user turn and an assistant turn in the template of this model; truncation may have cut it off',
    });
  }

  /** The spellings of the special tokens among some ids, each once. */
  #specialTokens(ids: readonly number[]): string[] {
    const { tokenizer } = this.#parts;
    const special = [...new Set(ids)].filter((id) => tokenizer.isSpecial(id));
    return special.map((id) => tokenizer.idToToken(id) ?? '').filter((token) => token !== '');
  }

  #checkWeights(weights: Readonly<Record<string, number>>): void {
    const names = Object.keys(weights);
    if (names.length === 0) return;
    const { head } = this.#parts;
    if (head.kind === 'gated') {
      throw new AlidadeError({
        code: 'usage',
        message: 'the weights of a gated model come from its gate',
        hint: 'leave --weights out',
      });
    }
    const known = head.objectives.map(({ name }) => name);
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return;
    throw new AlidadeError({
      code: 'usage',
      message: `${this.description.name} has no objective ${unknown}`,
      hint: `its objectives: ${known.join(', ')}`,
    });
  }
}

function listInputs(row: ScorableRow): readonly ScorableInput[] {
  switch (row.kind) {
    case 'single':
      return [row.input];
    case 'pair':
      return [row.chosen, row.rejected];
    case 'list':
      return row.responses;
  }
}

function isSameText(a: PreparedText, b: PreparedText): boolean {
  return (
    a.truncated === b.truncated &&
    a.response?.start === b.response?.start &&
    a.response?.end === b.response?.end &&
    a.ids.length === b.ids.length &&
    a.ids.every((id, index) => id === b.ids[index])
  );
}

/** The mean of equally long vectors, in double precision. */
function mean(vectors: readonly Float32Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) vector.forEach((value, index) => (sum[index] = sum[index] + value));
  return sum.map((value) => value / vectors.length);
}
