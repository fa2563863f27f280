import * as op from './operators';
import { floatConstant, uint8Constant } from './value';
import type { Value } from './value';

/** Activations in 8 bits with one scale a token: x ≈ (values − 128) · scales. */
export interface QuantisedTokens {
  readonly values: Value; // uint8 [rows, inputs]
  readonly scales: Value; // F32 [rows, 1]
}

/** Quantises each row of [..., inputs] by itself, around 128: what a token becomes does not depend on its neighbours. */
export function quantiseTokens(value: Value): QuantisedTokens {
  const inputs = value.shape[value.shape.length - 1] as number;
  const tokens = op.reshape(value, ['rows', inputs]);
  const largest = op.reduceMax(op.absolute(tokens), 1); // [rows]
  // A token of zeros has the scale 0; ε keeps the division defined and every quotient below half a step.
  const steps = op.add(
    op.multiply(largest, floatConstant('per_step', [1 / 127], [])),
    floatConstant('least_step', [1e-30], []),
  );
  const zeroPoints = op.repeat(uint8Constant('zero_point_128_1', [128], [1]), op.sizeOf(steps, 0), 'rows');
  return { values: op.quantizeLinear(tokens, steps, zeroPoints, 0), scales: op.unsqueeze(steps, [1]) };
}

/** Weights in 8 bits with one scale an output. */
export interface ChannelWeight {
  readonly values: Value; // int8 [inputs, outputs]
  readonly scales: Value; // F32 [outputs]
}

/** x·Wᵀ in integers, then scaled by token and by output; F32 [rows, outputs]. */
export function multiplyChannels(tokens: QuantisedTokens, weight: ChannelWeight): Value {
  const product = op.matMulIntegerToFloat(tokens.values, weight.values, {
    leftScale: floatConstant('one', [1], []),
    rightScale: weight.scales,
    leftZeroPoint: uint8Constant('zero_point_128', [128], []),
  });
  return op.multiply(product, tokens.scales);
}

/** Weights in blocks along the inputs; layouts as com.microsoft.MatMulNBits has them. */
export interface BlockWeight {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly values: Value; // uint8 [outputs, blocks, blockSize · bits / 8]
  readonly scales: Value; // F32 [outputs · blocks]
  readonly zeroPoints: Value | null; // uint8; null: 2^(bits − 1)
  readonly offsets: Value | null; // F32 [blocks, outputs]; null: none
}

/**
 * x·Wᵀ with weights in blocks. `exact`: in F32. `fast`: the kernel quantises activations to 8 bits in blocks of a token.
 * Q4_1's minima come in through the sums of the activations over each block: Σ_b offsets[b, n] · Σ_{k in b} x[k].
 */
export function multiplyBlocks(value: Value, weight: BlockWeight, arithmetic: 'exact' | 'fast'): Value {
  const product = op.matMulNBits(value, weight, arithmetic === 'fast' ? 4 : 1);
  return weight.offsets === null ? product : op.add(product, op.matMul(blockSums(value, weight), weight.offsets));
}

/** Sums over blocks of the last axis: [..., inputs] → [..., blocks]. */
function blockSums(value: Value, { inputs, blockSize }: BlockWeight): Value {
  const leading = value.shape.slice(0, -1);
  const blocked = op.reshape(value, [...leading, inputs / blockSize, blockSize]);
  return op.reduceSum(blocked, leading.length + 1);
}
