import assert from 'node:assert/strict';
import type { RotaryConfig, RotaryScaling } from '../../../src/core/checkpoint/modelConfig';
import { rotaryInverseFrequencies } from '../../../src/core/onnx/rotaryFrequencies';
import { RotaryTables } from '../../../src/core/onnx/rotaryTables';

const base = { theta: 10000, dimensions: 4, magnitude: 1, layers: 'all' } as const;
const withScaling = (scaling: RotaryScaling): RotaryConfig => ({ ...base, scaling });
const longrope = withScaling({
  kind: 'longrope',
  shortFactors: [1, 1],
  longFactors: [2, 4],
  originalContextLength: 10,
});
const dynamic = withScaling({ kind: 'dynamic', factor: 2, originalContextLength: 10 });

describe('RotaryTables', () => {
  it('names other tables where a sequence is longer than the limit of a scaling', () => {
    const keyed = (rotary: RotaryConfig): string[] =>
      [1, 10, 11, 12].map((length) => new RotaryTables([rotary]).key(length));
    assert.deepEqual(keyed(longrope), ['short', 'short', 'long', 'long']);
    assert.equal(new Set(keyed(dynamic)).size, 3);
    assert.equal(new Set(keyed(withScaling({ kind: 'linear', factor: 2 }))).size, 1);
    assert.equal(new RotaryTables([withScaling({ kind: 'default' }), longrope]).key(11), 'fixed,long');
  });

  it('gives cosine and sine of position times frequency, and new ones when the name changes', () => {
    const tables = new RotaryTables([longrope]);
    for (const length of [3, 11, 3]) {
      const frequencies = rotaryInverseFrequencies(longrope, length);
      const [cosine, sine] = tables.feeds({ positions: 11, sequenceLength: length });
      assert.deepEqual([cosine.name, sine.name], ['cosine', 'sine']);
      assert.ok(11 <= cosine.dims[0] && cosine.dims[1] === 2 && cosine.data.length === cosine.dims[0] * 2);
      for (const [index, frequency] of frequencies.entries()) {
        assert.ok(Math.abs(cosine.data[2 * 7 + index] - Math.cos(7 * frequency)) < 1e-6);
        assert.ok(Math.abs(sine.data[2 * 7 + index] - Math.sin(7 * frequency)) < 1e-6);
      }
    }
    assert.deepEqual(Array.from(rotaryInverseFrequencies(longrope, 11)), [0.5, Math.fround(0.0025)]);
  });

  it('keeps tables that are long enough, and multiplies them by the magnitude', () => {
    const tables = new RotaryTables([{ ...longrope, magnitude: 1.5 }]);
    const first = tables.feeds({ positions: 5, sequenceLength: 5 })[0];
    assert.equal(tables.feeds({ positions: 9, sequenceLength: 9 })[0].data, first.data);
    assert.notEqual(tables.feeds({ positions: first.dims[0] + 1, sequenceLength: 9 })[0].data, first.data);
    assert.equal(first.data[0], 1.5);
  });

  it('gives a second table names of its own, and none where positions are learned', () => {
    const names = (rotaries: readonly RotaryConfig[]): string[] =>
      new RotaryTables(rotaries).feeds({ positions: 1, sequenceLength: 1 }).map(({ name }) => name);
    assert.deepEqual(names([longrope, dynamic]), ['cosine', 'sine', 'cosine_1', 'sine_1']);
    assert.deepEqual(names([]), []);
  });
});
