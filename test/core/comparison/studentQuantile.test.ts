import assert from 'node:assert/strict';
import { studentQuantile } from '../../../src/core/comparison/studentQuantile';

describe('the quantile of the t distribution', () => {
  /** Printed tables (two-sided 95 %), and closed forms where there are any. */
  const table = [
    [1, 12.706204736432095],
    [2, 4.302652729911275],
    [3, 3.182446305284263],
    [4, 2.7764451051977987],
    [5, 2.570581835636314],
    [10, 2.2281388519649385],
    [30, 2.0422724563012373],
    [120, 1.9799304050824402],
  ] as const;

  it('is that of the tables', () => {
    for (const [freedom, expected] of table) {
      const found = studentQuantile(0.975, freedom);
      assert.ok(Math.abs(found - expected) < 1e-9 * expected, `${freedom}: ${found}`);
    }
  });

  it('is that of the closed forms for one and two degrees, at any probability', () => {
    for (const p of [0.55, 0.75, 0.9, 0.99, 0.9995]) {
      assert.ok(Math.abs(studentQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5)) - 1) < 1e-9);
      const two = (2 * p - 1) / Math.sqrt(2 * p * (1 - p));
      assert.ok(Math.abs(studentQuantile(p, 2) / two - 1) < 1e-9);
    }
  });

  it('comes to that of the normal distribution', () => {
    assert.ok(Math.abs(studentQuantile(0.975, 1e7) - 1.959963984540054) < 1e-6);
  });

  it('falls as the degrees grow, whole or not', () => {
    const found = [1, 1.5, 2, 2.7, 3, 9.99, 10, 1000].map((freedom) => studentQuantile(0.975, freedom));
    assert.deepEqual(
      found,
      [...found].sort((a, b) => b - a),
    );
  });
});
