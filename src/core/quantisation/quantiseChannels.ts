import type { MatrixRows } from './quantiseBlocks';
import type { QuantisationLoss } from './quantisationLoss';

export interface ChannelTarget {
  /** int8 [inputs, columns]: the whole matrix turned round, of which these rows fill the columns from `firstRow`. */
  readonly values: Int8Array;
  /** Of these rows. */
  readonly scales: Float32Array;
  readonly columns: number;
  readonly firstRow: number;
}

/** 8 bits, symmetric from −127 to 127, one scale an output: W[n, k] ≈ scales[n] · values[k, n]. */
export function quantiseChannels({ values, outputs, inputs }: MatrixRows, target: ChannelTarget): QuantisationLoss {
  let squaredError = 0;
  let squaredSum = 0;
  for (let row = 0; row < outputs; row++) {
    const start = row * inputs;
    let largest = 0;
    for (let i = start; i < start + inputs; i++) largest = Math.max(largest, Math.abs(values[i]));
    const scale = Math.fround(largest / 127);
    const inverse = scale === 0 ? 0 : 1 / scale;
    target.scales[row] = scale;
    for (let i = 0, to = target.firstRow + row; i < inputs; i++, to += target.columns) {
      const value = values[start + i];
      const quant = Math.floor(value * inverse + 0.5);
      target.values[to] = quant;
      const error = value - scale * quant;
      squaredError += error * error;
      squaredSum += value * value;
    }
  }
  return { squaredError, squaredSum };
}
