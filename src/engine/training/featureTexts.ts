import { createHash } from 'node:crypto';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { ScorableInput } from '../../core/promptFile/scorableRow';
import type { RowError } from '../../core/reward/rewardBreakdown';
import type { FeaturePlace } from '../../core/training/featureMatrix';
import type { OpenedTokenizer } from '../checkpoint/openTokenizer';
import { isRowFailure } from '../reward/isRowFailure';
import { gatePosition, pooledPositions } from '../reward/pooledPositions';
import { TextPreparer } from '../reward/textPreparer';

/** A text as the body is given it, and the positions of its places. */
export interface FeatureText {
  readonly ids: readonly number[];
  readonly positions: Readonly<Record<FeaturePlace, readonly number[]>>;
  /** Of the tokens that the gate sees, hexadecimal; null where no gate is asked for. */
  readonly promptKey: string | null;
  readonly responseTokens: number;
}

export interface FeatureTextsParts {
  readonly checkpoint: Checkpoint;
  readonly texts: OpenedTokenizer;
  readonly places: readonly FeaturePlace[];
  /** Where a gate reads; needed for `gate`. */
  readonly gateText: string | null;
  /** null: the model's context. */
  readonly maxTokens: number | null;
  readonly truncate: boolean;
}

/** Makes tokens and positions of texts, which needs no model. */
export class FeatureTexts {
  readonly #parts: FeatureTextsParts;
  readonly #preparer: TextPreparer;
  readonly #gateRun: readonly number[];

  constructor(parts: FeatureTextsParts) {
    const { checkpoint, texts, gateText } = parts;
    this.#parts = parts;
    this.#preparer = new TextPreparer({
      ...texts,
      vocabSize: checkpoint.config.vocabSize,
      modelName: checkpoint.name,
      prompt: null,
    });
    this.#gateRun = gateText === null ? [] : texts.tokenizer.encodeRendered(gateText);
  }

  prepare(input: ScorableInput): { readonly text: FeatureText } | { readonly error: RowError } {
    try {
      return { text: this.#prepare(input) };
    } catch (error) {
      if (!isRowFailure(error)) throw error;
      return { error: { code: error.code, message: error.message } };
    }
  }

  #prepare(input: ScorableInput): FeatureText {
    const { checkpoint, places, maxTokens, truncate } = this.#parts;
    const { contextLength, padTokenId } = checkpoint.config;
    const limit = { maxTokens: Math.min(maxTokens ?? contextLength, contextLength), truncate };
    const prepared = this.#preparer.prepare(input, limit);
    const { ids, response } = prepared;
    const pooled = (kind: 'last' | 'mean'): readonly number[] =>
      places.includes(kind) ? pooledPositions(prepared, { kind, position: 'last-unpadded' }, padTokenId) : [];
    const gate = places.includes('gate') ? gatePosition(ids, this.#gateRun) : null;
    return {
      ids,
      positions: { last: pooled('last'), mean: pooled('mean'), gate: gate === null ? [] : [gate] },
      promptKey: gate === null ? null : hashOf(ids.slice(0, gate + 1)),
      responseTokens: response === null ? 0 : response.end - response.start,
    };
  }
}

function hashOf(ids: readonly number[]): string {
  return createHash('sha256').update(Int32Array.from(ids)).digest('hex');
}
