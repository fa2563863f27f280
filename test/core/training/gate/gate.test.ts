import assert from 'node:assert/strict';
import { describeCollapse } from '../../../../src/core/training/gate/describeCollapse';
import { foldFrame, initialGateParameters } from '../../../../src/core/training/gate/gateParameters';
import { initialMarginScale } from '../../../../src/core/training/gate/marginScale';
import { sigmoid } from '../../../../src/core/training/linear/linearModel';
import { seededRandom } from '../../../../src/core/seededRandom';
import { assertClose } from '../../../fixtures/assertClose';

describe('initialMarginScale', () => {
  /** Pairs of three objectives whose order was drawn with a factor of 40 on their mean. */
  function drawPairs(size: number): Float64Array {
    const random = seededRandom(2);
    return Float64Array.from(
      Array.from({ length: 20_000 }, () => {
        const own = Array.from({ length: 3 }, () => size * (2 * random() - 1));
        const mean = own.reduce((sum, value) => sum + value, 0) / 3;
        return random() < sigmoid((4 / size) * mean) ? own : own.map((value) => -value);
      }).flat(),
    );
  }

  for (const size of [0.01, 1, 100]) {
    it(`finds the factor that the order was drawn with, for differences of ${size}`, () => {
      const found = initialMarginScale(drawPairs(size), new Float64Array(20_000).fill(1));
      assertClose([found * size], [4], { tolerance: 0.05 });
    });
  }

  it('turns pairs round that are labelled so, and leaves out those that do not count', () => {
    const differences = drawPairs(1);
    const signs = Float64Array.from({ length: 20_000 }, (_, pair) => (pair % 3 === 0 ? -1 : pair % 3 === 1 ? 1 : 0));
    const turned = differences.map((value, index) => {
      const sign = signs[Math.floor(index / 3)];
      // What does not count may be anything.
      return sign === 0 ? 1e6 : sign * value;
    });
    assertClose([initialMarginScale(turned, signs)], [4], { tolerance: 0.1 });
  });

  it('stays within bounds where nothing fits, or everything', () => {
    const ones = new Float64Array(100).fill(1);
    assert.equal(initialMarginScale(new Float64Array(200), ones), 1);
    assertClose([initialMarginScale(new Float64Array(200).fill(-0.5), ones)], [2], { tolerance: 1e-12 });
    assertClose([initialMarginScale(new Float64Array(200).fill(0.5), ones)], [40], { tolerance: 1e-12 });
  });
});

describe('initialGateParameters', () => {
  it('has the shapes of the layers, within the bounds of torch', () => {
    const parameters = initialGateParameters({ inputs: 100, hidden: [50, 25], objectives: 4 }, 1);
    assert.deepEqual(
      parameters.map(({ length }) => length),
      [5000, 50, 1250, 25, 100, 4, 1],
    );
    [0.1, 0.1, Math.sqrt(0.02), Math.sqrt(0.02), 0.2, 0.2].forEach((bound, index) => {
      const largest = Math.max(...parameters[index].map(Math.abs));
      assert.ok(largest <= bound * (1 + 1e-6) && bound / 2 < largest, `${largest} of ${bound}`);
    });
    assert.deepEqual([...parameters[6]], [1]);
  });

  it('is the same for the same seed, and another for another', () => {
    const shape = { inputs: 10, hidden: [5], objectives: 2 };
    assert.deepEqual(initialGateParameters(shape, 3), initialGateParameters(shape, 3));
    assert.notDeepEqual(initialGateParameters(shape, 3)[0], initialGateParameters(shape, 4)[0]);
  });
});

describe('foldFrame', () => {
  it('does for states what the parameters do for standardised ones', () => {
    const parameters = initialGateParameters({ inputs: 3, hidden: [2], objectives: 2 }, 1);
    const frame = { shift: Float64Array.of(100, -2, 0), scale: Float64Array.of(0.5, 4, 1) };
    const [weight, bias, ...others] = foldFrame(parameters, frame);
    const state = [101, 3, 0.25];
    const apply = (w: Float32Array, b: Float32Array, x: readonly number[]): number[] =>
      [0, 1].map((row) => b[row] + x.reduce((sum, value, column) => sum + w[3 * row + column] * value, 0));
    const expected = apply(parameters[0], parameters[1], [2, 1.25, 0.25]);
    assertClose(apply(weight, bias, state), expected, { tolerance: 1e-5 });
    assert.deepEqual(others, parameters.slice(2));
  });
});

describe('describeCollapse', () => {
  const names = ['helpful', 'honest', 'short'];

  it('names the objective that has all the weight', () => {
    const [warning] = describeCollapse([0.01, 0.975, 0.015], names);
    assert.match(warning, /collapsed onto honest, which has 97\.5 %/);
  });

  it('says nothing of gates that weigh, nor of a head with one objective', () => {
    assert.deepEqual(describeCollapse([0.1, 0.8, 0.1], names), []);
    assert.deepEqual(describeCollapse([1], ['only']), []);
  });
});
