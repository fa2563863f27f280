import assert from 'node:assert/strict';
import { rotaryInverseFrequencies } from '../../../src/core/onnx/rotaryFrequencies';

describe('rotaryInverseFrequencies', () => {
  const base = { theta: 10000, dimensions: 16 };

  it('gives powers of the base', () => {
    const frequencies = rotaryInverseFrequencies({ ...base, scaling: { kind: 'default' } });
    assert.equal(frequencies.length, 8);
    frequencies.forEach((value, i) => assert.ok(Math.abs(value * 10000 ** (i / 8) - 1) < 2e-7, `${value}`));
  });

  it('divides all of them when the scaling is linear', () => {
    const plain = rotaryInverseFrequencies({ ...base, scaling: { kind: 'default' } });
    const scaled = rotaryInverseFrequencies({ ...base, scaling: { kind: 'linear', factor: 4 } });
    assert.deepEqual(
      [...scaled],
      Array.from(plain, (value) => value / 4),
    );
  });

  it('gives the table that transformers 5.23.0 computes for llama3 scaling', () => {
    // LlamaRotaryEmbedding.inv_freq with theta 10000, head size 16, factor 8, 1, 4, original length 128.
    const scaling = {
      kind: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContextLength: 128,
    } as const;
    const frequencies = rotaryInverseFrequencies({ ...base, scaling });
    assert.deepEqual(
      Array.from(frequencies, (value) => Number(value.toPrecision(7))),
      [1.0, 0.3162278, 0.04275118, 0.003952847, 0.00125, 0.0003952847, 0.000125, 3.952847e-5],
    );
  });
});
