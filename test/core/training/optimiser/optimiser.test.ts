import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stepAdamW } from '../../../../src/core/training/optimiser/adamW';
import { cosineRate } from '../../../../src/core/training/optimiser/cosineRate';
import { fillDropoutMask } from '../../../../src/core/training/optimiser/dropoutMask';
import { stepSeed } from '../../../../src/core/training/optimiser/stepSeed';
import { assertClose } from '../../../fixtures/assertClose';

interface AdamWCase {
  readonly decay: number;
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly rates: readonly number[];
  readonly end: readonly number[];
}

const { adamW } = JSON.parse(readFileSync('test/references/gateTraining.json', 'utf8')) as {
  readonly adamW: readonly AdamWCase[];
};

describe('stepAdamW', () => {
  for (const { decay, start, gradients, rates, end } of adamW) {
    it(`goes where torch goes, with a weight decay of ${decay}`, () => {
      const parameter = Float32Array.from(start);
      const moments = { first: new Float32Array(5), second: new Float32Array(5) };
      gradients.forEach((gradient, index) => {
        const step = { parameter, gradient: Float32Array.from(gradient), moments, step: index + 1, rate: rates[index] };
        stepAdamW(step, { weightDecay: decay });
      });
      assertClose(parameter, end, { tolerance: 1e-6 });
      assert.ok(!parameter.every((value, index) => Math.abs(value - start[index]) < 0.05), 'something has moved');
    });
  }
});

describe('cosineRate', () => {
  it('is that of torch', () => {
    const { rates } = adamW[0];
    const own = rates.map((_, step) => cosineRate({ rate: 0.05, steps: 8 }, step));
    assertClose(own, rates, { tolerance: 1e-12 });
  });

  it('begins with the rate, is half of it in the middle, and ends at 0', () => {
    const schedule = { rate: 2, steps: 100 };
    assertClose(
      [0, 50, 100].map((step) => cosineRate(schedule, step)),
      [2, 1, 0],
      { tolerance: 1e-12 },
    );
  });
});

describe('fillDropoutMask', () => {
  const fill = (chance: number, seed: number, length = 100_001): Float32Array => {
    const mask = new Float32Array(length).fill(7);
    fillDropoutMask(mask, { chance, seed });
    return mask;
  };

  for (const chance of [0.05, 0.2, 0.5, 0.9]) {
    it(`leaves out ${chance} of the elements and keeps the mean`, () => {
      const mask = fill(chance, 1);
      const zeros = mask.filter((value) => value === 0).length / mask.length;
      // Four standard deviations.
      assert.ok(Math.abs(zeros - chance) < 4 * Math.sqrt((chance * (1 - chance)) / mask.length), `${zeros}`);
      const kept = [...new Set(mask)].filter((value) => value !== 0);
      assertClose(kept, [1 / (1 - chance)], { tolerance: 1e-4 });
    });
  }

  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(fill(0.2, 5), fill(0.2, 5));
    const [one, other] = [fill(0.2, stepSeed(1, 5, 2)), fill(0.2, stepSeed(1, 6, 2))];
    const both = one.filter((value, index) => value === 0 && other[index] === 0).length / one.length;
    assert.ok(Math.abs(both - 0.04) < 0.004, `masks of two steps have nothing to do with each other: ${both}`);
  });

  it('does not leave out neighbours together', () => {
    const mask = fill(0.2, 3);
    const both = mask.filter((value, index) => index % 2 === 0 && value === 0 && mask[index + 1] === 0).length;
    assert.ok(Math.abs(both / (mask.length / 2) - 0.04) < 0.005, `${both}`);
  });
});

describe('stepSeed', () => {
  it('is another for every seed, step and use', () => {
    const seeds = new Set<number>();
    for (const seed of [0, 1, 20]) {
      for (let step = 0; step < 2000; step++) for (const use of [1, 2, 3, 4]) seeds.add(stepSeed(seed, step, use));
    }
    // Of 24,000 numbers of 32 bits, a few hundredths coincide.
    assert.ok(23_995 < seeds.size, `${seeds.size}`);
    assert.ok([...seeds].every((seed) => Number.isInteger(seed) && 0 <= seed && seed < 2 ** 32));
  });
});
