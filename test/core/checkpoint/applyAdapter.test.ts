import assert from 'node:assert/strict';
import { applyAdapter, arrangeAdapter } from '../../../src/core/checkpoint/applyAdapter';
import type { TensorAdapter } from '../../../src/core/checkpoint/tensorAdapter';
import { assertClose } from '../../fixtures/assertClose';
import { seededRandom } from '../../fixtures/seededRandom';

const [outputs, inputs, rank, scale] = [6, 5, 7, 1.5];
const random = seededRandom(3);
const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.next() - 0.5);
const values = { a: draw(rank * inputs), b: draw(outputs * rank), magnitude: draw(outputs) };
const entry = { name: '', dtype: 'F32', shape: [], file: '', offset: 0, bytes: 0 };
const adapter = (changes: Partial<TensorAdapter>): TensorAdapter => ({
  a: entry,
  b: entry,
  rank,
  scale,
  isTransposed: false,
  magnitude: null,
  ...changes,
});

/** scale · B·A at [output, input], the plain way. */
function product(output: number, input: number): number {
  let sum = 0;
  for (let k = 0; k < rank; k++) sum += values.b[output * rank + k] * values.a[k * inputs + input];
  return scale * sum;
}

describe('applyAdapter', () => {
  const weights = draw(outputs * inputs);

  it('adds B·A times the scale', () => {
    const changed = weights.slice();
    applyAdapter(changed, 0, arrangeAdapter(adapter({}), { ...values, magnitude: null }));
    const wanted = weights.map((value, index) => value + product(Math.floor(index / inputs), index % inputs));
    assertClose(changed, wanted, { tolerance: 1e-7 });
  });

  it('adds it turned round to a matrix that is stored so', () => {
    const changed = weights.slice();
    applyAdapter(changed, 0, arrangeAdapter(adapter({ isTransposed: true }), { ...values, magnitude: null }));
    const wanted = weights.map((value, index) => value + product(index % outputs, Math.floor(index / outputs)));
    assertClose(changed, wanted, { tolerance: 1e-7 });
  });

  for (const isTransposed of [false, true]) {
    it(`gives the same rows however many are done at a time${isTransposed ? ', turned round' : ''}`, () => {
      const loaded = arrangeAdapter(adapter({ isTransposed }), { ...values, magnitude: null });
      const width = isTransposed ? outputs : inputs;
      const whole = weights.slice();
      applyAdapter(whole, 0, loaded);
      const parts = weights.slice();
      for (let row = 0; row < weights.length / width; row++) {
        applyAdapter(parts.subarray(row * width, (row + 1) * width), row, loaded);
      }
      assert.deepEqual(parts, whole);
    });
  }

  it('scales every row to its magnitude with DoRA', () => {
    const changed = weights.slice();
    applyAdapter(changed, 0, arrangeAdapter(adapter({ magnitude: entry }), values));
    for (let row = 0; row < outputs; row++) {
      const part = changed.subarray(row * inputs, (row + 1) * inputs);
      assert.ok(Math.abs(Math.hypot(...part) - Math.abs(values.magnitude[row])) < 1e-6);
    }
  });
});
