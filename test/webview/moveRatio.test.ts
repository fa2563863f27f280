import assert from 'node:assert/strict';
import { moveRatio } from '../../webview/mergePreview/moveRatio';

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('moveRatio', () => {
  it('moves the others against it, so that the mean stays', () => {
    const from = [0.4, 0.3, 0.2];
    const ratios = moveRatio({ from, index: 0, value: 0.6, holdsMean: true });
    assert.deepEqual(ratios, [0.6, 0.2, 0.1]);
  });

  it('keeps the mean to the last of its decimals, however many blocks there are', () => {
    for (const count of [2, 3, 7, 32, 80]) {
      const from = Array.from({ length: count }, (_, index) => Number(((index % 10) / 10).toFixed(1)));
      for (const value of [0, 0.01, 0.5, 0.99, 1]) {
        const ratios = moveRatio({ from, index: 1, value, holdsMean: true });
        assert.ok(Math.abs(mean(ratios) - mean(from)) < 1e-9, `${count} blocks, ${value}: ${mean(ratios)}`);
        assert.ok(ratios.every((ratio) => 0 <= ratio && ratio <= 1));
      }
    }
  });

  it('goes only as far as the mean allows', () => {
    assert.deepEqual(moveRatio({ from: [0.1, 0.1], index: 0, value: 0.9, holdsMean: true }), [0.2, 0]);
    assert.deepEqual(moveRatio({ from: [1, 1, 1], index: 2, value: 0, holdsMean: true }), [1, 1, 1]);
  });

  it('leaves the others alone where it is not held, and where there are none', () => {
    assert.deepEqual(moveRatio({ from: [0.4, 0.3], index: 1, value: 0.9, holdsMean: false }), [0.4, 0.9]);
    assert.deepEqual(moveRatio({ from: [0.4], index: 0, value: 0.9, holdsMean: true }), [0.9]);
  });

  it('stays between 0 and 1', () => {
    assert.deepEqual(moveRatio({ from: [0.4, 0.3], index: 1, value: 1.4, holdsMean: false }), [0.4, 1]);
    assert.deepEqual(moveRatio({ from: [0.4, 0.3], index: 1, value: -1, holdsMean: false }), [0.4, 0]);
  });
});
