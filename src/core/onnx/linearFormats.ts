import * as op from './operators';
import { floatConstant, uint8Constant } from './value';
import type { Value } from './value';

/** Activations in 8 bits with one scale a token: x ≈ (values − 128) · scales. */
export interface QuantisedTokens {
  readonly values: Value; // uint8 [..., inputs]
  readonly scales: Value; // F32 [..., 1]
}

/** 128 for every row of the activations of a graph; those with the same leading dimensions share it. */
export class ZeroPoints {
  readonly #byRows = new Map<string, Value>();

  /** uint8, one for each index of the axis before the last. */
  of(value: Value): Value {
    const axis = value.shape.length - 2;
    const dimension = value.shape[axis];
    const known = this.#byRows.get(String(dimension));
    if (known !== undefined) return known;
    const made = op.repeat(uint8Constant('zero_point_128_1', [128], [1]), op.sizeOf(value, axis), dimension);
    this.#byRows.set(String(dimension), made);
    return made;
  }
}

/**
 * Quantises each token of [1, tokens, inputs] or [tokens, inputs] by itself, around 128: what a token becomes does not
 * depend on its neighbours.
 */
export function quantiseTokens(value: Value, zeroPoints: ZeroPoints): QuantisedTokens {
  const axis = value.shape.length - 2;
  const largest = op.reduceMax(op.absolute(value), axis + 1); // [..., 1]
  // A token of zeros has the scale 0: whatever it is divided into comes back as 0.
  const scales = op.multiply(largest, floatConstant('per_step', [1 / 127], []));
  const perToken = op.squeeze(scales, axis === 0 ? [1] : [0, 2]);
  return { values: op.quantizeLinear(value, perToken, zeroPoints.of(value), axis), scales };
}

/** Weights in 8 bits with one scale an output. */
export interface ChannelWeight {
  readonly values: Value; // int8 [inputs, outputs]
  readonly scales: Value; // F32 [outputs]
}

/** x·Wᵀ in integers, then scaled by token and by output; F32 [..., outputs]. */
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
