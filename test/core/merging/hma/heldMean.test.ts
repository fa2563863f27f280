import assert from 'node:assert/strict';
import { meanOf, projectToMean, ratiosOfParts, setHoldingMean } from '../../../../src/core/merging/hma/heldMean';
import { seededRandom } from '../../../../src/core/seededRandom';
import { assertClose } from '../../../fixtures/assertClose';

describe('ratios with a mean that is held', () => {
  it('are the parts in the mean form of the paper', () => {
    assertClose(ratiosOfParts([1, 1, 1], 0.2), [0.2, 0.2, 0.2], { tolerance: 1e-15 });
    assertClose(ratiosOfParts([3, 2, 1], 0.3), [0.45, 0.3, 0.15], { tolerance: 1e-15 });
  });

  it('stay at one where the form would exceed it, and the others keep the mean', () => {
    assertClose(ratiosOfParts([8, 1, 1], 0.5), [1, 0.25, 0.25], { tolerance: 1e-15 });
    assertClose(ratiosOfParts([1, 0, 0], 0.5), [1, 0, 0], { tolerance: 1e-15 });
    const random = seededRandom(1);
    for (let trial = 0; trial < 500; trial += 1) {
      const parts = Array.from({ length: 1 + Math.floor(random() * 8) }, () => random() ** 4 + 1e-6);
      const mean = random();
      const ratios = ratiosOfParts(parts, mean);
      assert.ok(ratios.every((ratio) => 0 <= ratio && ratio <= 1 + 1e-12));
      assert.ok(Math.abs(meanOf(ratios) - mean) < 1e-12);
    }
  });

  it('are the nearest ones with the mean', () => {
    assertClose(projectToMean([0.5, 0.3, 0.1], 0.2), [0.4, 0.2, 0], { tolerance: 1e-12 });
    assertClose(projectToMean([2, 0, 0], 0.5), [1, 0.25, 0.25], { tolerance: 1e-12 });
    const random = seededRandom(2);
    for (let trial = 0; trial < 500; trial += 1) {
      const values = Array.from({ length: 1 + Math.floor(random() * 8) }, () => 3 * random() - 1);
      const mean = random();
      const projected = projectToMean(values, mean);
      assert.ok(projected.every((ratio) => 0 <= ratio && ratio <= 1));
      assert.ok(Math.abs(meanOf(projected) - mean) < 1e-9);
    }
  });

  it('move against the one that is set, which goes as far as the mean allows', () => {
    assertClose(setHoldingMean([0.2, 0.2, 0.2], 0, 0.4), [0.4, 0.1, 0.1], { tolerance: 1e-12 });
    assertClose(setHoldingMean([0.2, 0.2, 0.2], 1, 0.9), [0, 0.6, 0], { tolerance: 1e-12 });
    assertClose(setHoldingMean([0.9, 0.9, 0.9], 2, 0), [1, 1, 0.7], { tolerance: 1e-12 });
    assert.deepEqual(setHoldingMean([0.3], 0, 0.9), [0.3]);
  });
});
