import type { QuantisationLoss } from './quantisationLoss';

/** Rows of a weight matrix [outputs, inputs], row-major. */
export interface MatrixRows {
  readonly values: Float32Array;
  readonly inputs: number;
}

export interface ChannelTarget {
  /** int8 [inputs, columns]: the whole matrix turned round, of which these rows fill the columns from `firstRow`. */
  readonly values: Int8Array;
  /** Of these rows. */
  readonly scales: Float32Array;
  readonly columns: number;
  readonly firstRow: number;
}

/**
 * 8 bits, symmetric from −127 to 127, one scale an output: W[n, k] ≈ scales[n] · values[k, n].
 * @param rows finite; the sums in the result are not finite where they are not.
 */
export function quantiseChannels({ values, inputs }: MatrixRows, target: ChannelTarget): QuantisationLoss {
  const outputs = values.length / inputs;
  const codes = new Int8Array(values.length);
  let squaredError = 0;
  let squaredSum = 0;
  for (let row = 0; row < outputs; row++) {
    const start = row * inputs;
    let largest = 0;
    for (let i = start; i < start + inputs; i++) {
      const magnitude = Math.abs(values[i]);
      if (largest < magnitude) largest = magnitude;
    }
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : 127 / largest;
    target.scales[row] = scale;
    for (let i = start; i < start + inputs; i++) {
      const value = values[i];
      const code = ((value * inverse + 128.5) | 0) - 128;
      codes[i] = code;
      const error = value - scale * code;
      squaredError += error * error;
      squaredSum += value * value;
    }
  }
  // Turned round all rows at once: each place of the target is visited once.
  for (let input = 0; input < inputs; input++) {
    const to = input * target.columns + target.firstRow;
    for (let row = 0, from = input; row < outputs; row++, from += inputs) target.values[to + row] = codes[from];
  }
  return { squaredError, squaredSum };
}
