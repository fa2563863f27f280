import type { DecoderDescription } from './decoderDescription';
import * as op from './operators';
import { floatConstant, int64Constant } from './value';
import type { Value } from './value';

/**
 * `fused`: one GroupQueryAttention kernel (CPU, WebGPU). `plain`: standard operators only, for execution providers that
 * have no such kernel in F32. Both read the same inputs; tests hold them against each other.
 */
export type AttentionKind = 'fused' | 'plain';

/** What GroupQueryAttention demands of heads and of the part of them that is rotated. */
export function canFuse({ headDim, rotaries }: Pick<DecoderDescription, 'headDim' | 'rotaries'>): boolean {
  return headDim % 16 === 0 && rotaries.every(({ dimensions }) => dimensions % 16 === 0);
}

export interface AttentionResult {
  readonly output: Value; // [1, tokens, heads * headDim]
  readonly presentKey: Value;
  readonly presentValue: Value;
}

/** Rotary embedding, cache update and causal attention of one layer. */
export function attend(kind: AttentionKind, inputs: op.AttentionInputs, options: op.AttentionOptions): AttentionResult {
  return kind === 'fused' ? op.groupQueryAttention(inputs, options) : plainAttention(inputs, options);
}

function plainAttention(inputs: op.AttentionInputs, options: op.AttentionOptions): AttentionResult {
  const { headCount, keyValueHeadCount, headDim, window, scale, softcap } = options;
  const zero = int64Constant('zeros_1', [0], [1]);
  const total = op.cast(op.reshape(inputs.totalTokens, [1]), 'int64'); // [1]
  const past = op.subtract(total, op.sizeOf(inputs.query, 1)); // [1]
  const { packing, rotary } = inputs;
  const positionsOf = (table: Value): Value =>
    packing === null
      ? op.slice(table, past, total, 0, 'tokens')
      : op.gather(table, op.squeeze(packing.positionIds, [0]));
  const rotate = (value: Value): Value =>
    rotary === null
      ? value
      : rotateHalf(value, headDim, { cosine: positionsOf(rotary.cosine), sine: positionsOf(rotary.sine) });
  const query = rotate(splitHeads(inputs.query, headCount, headDim)); // [1, heads, tokens, headDim]
  const newKey = rotate(splitHeads(inputs.key, keyValueHeadCount, headDim));
  const newValue = splitHeads(inputs.value, keyValueHeadCount, headDim);
  const presentKey = op.concat([op.slice(inputs.pastKey, zero, past, 2, 'past'), newKey], 2, 'total');
  const presentValue = op.concat([op.slice(inputs.pastValue, zero, past, 2, 'past'), newValue], 2, 'total');

  // Heads that share a key/value head form a group: broadcasting replaces repeating the keys.
  const group = headCount / keyValueHeadCount;
  const grouped = op.reshape(query, [1, keyValueHeadCount, group, 'tokens', headDim]);
  const keys = op.unsqueeze(op.transpose(presentKey, [0, 1, 3, 2]), [2]); // [1, kvHeads, 1, headDim, total]
  const products = op.scale(op.matMul(grouped, keys), scale); // [1, kvHeads, group, tokens, total]
  const scores = softcap === null ? products : op.softcap(products, softcap);
  const mask = packing === null ? causalMask(past, total, window) : op.unsqueeze(packing.bias, [1]);
  const weights = op.softmax(op.add(scores, mask));
  const context = op.matMul(weights, op.unsqueeze(presentValue, [2])); // [1, kvHeads, group, tokens, headDim]
  const heads = op.reshape(context, [1, headCount, 'tokens', headDim]);
  const output = op.reshape(op.transpose(heads, [0, 2, 1, 3]), [1, 'tokens', headCount * headDim]);
  return { output, presentKey, presentValue };
}

function splitHeads(value: Value, heads: number, headDim: number): Value {
  return op.transpose(op.reshape(value, [1, 'tokens', heads, headDim]), [0, 2, 1, 3]);
}

/** (x1, x2) → (x1·cos − x2·sin, x2·cos + x1·sin) on the halves of the rotated dimensions (Su et al. 2021, eq. 34). */
function rotateHalf(value: Value, headDim: number, table: { readonly cosine: Value; readonly sine: Value }): Value {
  const half = Number(table.cosine.shape[1]);
  const at = (index: number): Value => int64Constant(`at_${index}`, [index], [1]);
  const first = op.slice(value, at(0), at(half), 3, half);
  const second = op.slice(value, at(half), at(2 * half), 3, half);
  const rotated = [
    op.subtract(op.multiply(first, table.cosine), op.multiply(second, table.sine)),
    op.add(op.multiply(second, table.cosine), op.multiply(first, table.sine)),
  ];
  const rest = 2 * half < headDim ? [op.slice(value, at(2 * half), at(headDim), 3, headDim - 2 * half)] : [];
  return op.concat([...rotated, ...rest], 3, headDim);
}

/** 0 where query p may see key k (k ≤ p, and p − window < k), else the most negative float; [tokens, total]. */
function causalMask(past: Value, total: Value, window: number | null): Value {
  const positions = op.range(op.squeeze(total, [0]), 'total');
  const queries = op.unsqueeze(op.slice(positions, past, total, 0, 'tokens'), [1]);
  const keys = op.unsqueeze(positions, [0]);
  const causal = op.lessOrEqual(keys, queries);
  const visible =
    window === null
      ? causal
      : op.logicalAnd(
          causal,
          op.lessOrEqual(queries, op.add(keys, int64Constant(`reach_${window - 1}`, [window - 1], []))),
        );
  return op.where(visible, floatConstant('visible', [0], []), floatConstant('hidden_score', [-3.4e38], []));
}
