import assert from 'node:assert/strict';
import type { MergeMethod } from '../../../../src/core/merging/methods/mergeMethod';
import { createMergeKernels } from '../../../../src/core/merging/methods/mergeKernels';
import { mergeInMemory, valuesOf } from '../../../fixtures/tensorsInMemory';
import type { TensorMergeParts } from '../../../fixtures/tensorsInMemory';

const kernels = createMergeKernels();

interface Draw {
  readonly method?: MergeMethod;
  readonly rows: number;
  readonly columns?: number;
  readonly density: number;
  readonly epsilon?: number;
  readonly seed?: number;
  readonly name?: string;
  readonly rescale?: boolean;
  readonly models?: number;
}

/** What is kept of differences that grow along each row, 1 … columns, from a base of zeros. */
function draw({ method = 'dare_linear', rows, columns = 100, density, epsilon = 0.2, models = 1, ...given }: Draw) {
  const { seed = 1, name = 'a', rescale = false } = given;
  const count = rows * columns;
  const differences = Float32Array.from({ length: count }, (_, i) => 1 + (i % columns));
  const parts: TensorMergeParts = {
    name,
    seed,
    method,
    shape: [rows, columns],
    inputs: [
      { dtype: 'F32', parameters: {} },
      // With several models, the second is the only one that counts.
      ...Array.from({ length: models }, (_, i) => ({
        dtype: 'F32' as const,
        parameters: { weight: i === models - 1 ? 1 : 0, density, epsilon },
      })),
    ],
    base: 0,
    parameters: { rescale, normalize: false },
  };
  const bytes = new Uint8Array(differences.buffer);
  const inputs = [new Uint8Array(4 * count), ...Array.from({ length: models }, () => bytes)];
  return valuesOf(mergeInMemory(parts, inputs, kernels).bytes, 'F32');
}

const shareOf = (values: readonly number[]): number => values.filter((value) => value !== 0).length / values.length;

describe('keeping differences by chance', () => {
  it('keeps about the share that is wanted, each with the same probability', () => {
    for (const density of [0.05, 0.5, 0.9]) {
      const kept = draw({ rows: 2000, density });
      const deviation = Math.sqrt((density * (1 - density)) / kept.length);
      assert.ok(Math.abs(shareOf(kept) - density) < 4 * deviation);
      for (let column = 0; column < 100; column += 9) {
        const share = shareOf(kept.filter((_, i) => i % 100 === column));
        assert.ok(Math.abs(share - density) < 4.5 * deviation * 10, `column ${column}: ${share}`);
      }
    }
    assert.equal(shareOf(draw({ rows: 10, density: 0 })), 0);
    assert.equal(shareOf(draw({ rows: 10, density: 1 })), 1);
  });

  it('decides by seed, name, model and index alone, wherever chunks end', () => {
    const long = draw({ rows: 3000, density: 0.5 }); // more than two chunks
    const short = draw({ rows: 30, density: 0.5 });
    assert.deepEqual(short, long.slice(0, 3000));
    assert.deepEqual(draw({ rows: 30, density: 0.5 }), short);
    for (const other of [{ seed: 2 }, { name: 'b' }, { models: 2 }, { seed: 2 ** 40 + 1 }]) {
      const drawn = draw({ rows: 30, density: 0.5, ...other });
      const same = drawn.filter((value, i) => (value !== 0) === (short[i] !== 0)).length / drawn.length;
      assert.ok(Math.abs(same - 0.5) < 0.05, `${JSON.stringify(other)}: ${same}`);
    }
  });

  it('draws neighbours without regard to each other', () => {
    const kept = draw({ rows: 2000, density: 0.5 }).map((value) => (value !== 0 ? 1 : -1));
    for (const lag of [1, 2, 3, 4, 64, 100, 1024]) {
      const products = kept.slice(lag).map((value, i) => value * kept[i]);
      const correlation = products.reduce((sum, value) => sum + value, 0) / products.length;
      assert.ok(Math.abs(correlation) < 4.5 / Math.sqrt(products.length), `lag ${lag}: ${correlation}`);
    }
  });

  it('makes what is kept as large as all of it was', () => {
    const kept = draw({ rows: 2000, density: 0.25, rescale: true });
    const total = kept.reduce((sum, value) => sum + value, 0);
    assert.ok(Math.abs(total / (2000 * 5050) - 1) < 1e-5);
  });

  it('keeps by rank the larger values of a row more often', () => {
    const kept = draw({ method: 'della_linear', rows: 5000, density: 0.5, epsilon: 0.3 });
    for (const column of [0, 25, 50, 75, 99]) {
      const wanted = 0.2 + (0.6 * column) / 99;
      const share = shareOf(kept.filter((_, i) => i % 100 === column));
      assert.ok(Math.abs(share - wanted) < 4 * Math.sqrt((wanted * (1 - wanted)) / 5000), `${column}: ${share}`);
    }
    assert.ok(Math.abs(shareOf(draw({ method: 'della', rows: 5000, columns: 1, density: 0.5 })) - 0.5) < 0.03);
  });
});
