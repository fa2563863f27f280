import type { RotaryConfig } from '../checkpoint/modelConfig';
import { rotaryInverseFrequencies } from './rotaryFrequencies';

/** cos and sin of position × inverse frequency, computed in double precision; both F32 [positions, rotary / 2]. */
export interface RotaryTable {
  readonly positions: number;
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

export interface RotaryTableSize {
  readonly positions: number;
  /** Length of the sequences for which the table is meant: some scalings depend on it (`rotaryKey`). */
  readonly sequenceLength: number;
}

export function buildRotaryTable(rotary: RotaryConfig, { positions, sequenceLength }: RotaryTableSize): RotaryTable {
  const frequencies = rotaryInverseFrequencies(rotary, sequenceLength); // [rotary / 2]
  const half = frequencies.length;
  const cosine = new Float32Array(positions * half);
  const sine = new Float32Array(positions * half);
  for (let position = 0; position < positions; position += 1) {
    for (let index = 0; index < half; index += 1) {
      // transformers rounds the frequency to F32 before it multiplies; so do we.
      const angle = Math.fround(position * Math.fround(frequencies[index] ?? 0));
      cosine[position * half + index] = Math.cos(angle) * rotary.magnitude;
      sine[position * half + index] = Math.sin(angle) * rotary.magnitude;
    }
  }
  return { positions, cosine, sine };
}
