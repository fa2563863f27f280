import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMergeKernels } from '../../../../src/core/merging/methods/mergeKernels';
import { doubleOf, SizeRanks } from '../../../../src/core/merging/methods/sizeRanks';
import { seededRandom } from '../../../../src/core/seededRandom';

describe('merge kernels', () => {
  it('are what their source compiles to', function () {
    this.timeout(60_000);
    const script = join(process.cwd(), 'scripts/buildMergeKernels.mjs');
    const compiled = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
    const kept = readFileSync(join(process.cwd(), 'src/core/merging/methods/mergeKernelsModule.ts'), 'utf8');
    assert.equal(kept, compiled, 'run node scripts/buildMergeKernels.mjs');
  });

  it('keep to memory that was reserved', () => {
    const kernels = createMergeKernels();
    const [a, b, c] = [kernels.reserve(64), kernels.reserve(64), kernels.reserve(64)];
    kernels.floats(a, 24).fill(7);
    kernels.scale(b, 2, b, 5); // eight values
    assert.deepEqual([...kernels.floats(b, 8)], new Array(8).fill(14));
    assert.ok([...kernels.floats(a, 8), ...kernels.floats(c, 8)].every((value) => value === 7));
    assert.ok(a !== 0 && [a, b, c].every((address) => address % 16 === 0));
  });
});

describe('SizeRanks', () => {
  const kernels = createMergeKernels();
  const random = seededRandom(5);

  function rankOf(values: readonly number[], ranks: readonly number[]): readonly number[] {
    kernels.reset();
    const vector = kernels.reserve((values.length + 4) * 8);
    const search = SizeRanks.ofSigned(kernels, ranks);
    kernels.floats(vector, values.length).set(values);
    kernels.toOrdered(vector, vector, values.length);
    for (let pass = 0; !search.isDone; pass++) {
      assert.ok(pass < 6);
      search.beginPass();
      search.count(vector, values.length);
      search.endPass();
    }
    return search.signedValues();
  }

  it('finds the values at any ranks among signed ones, whatever their size', () => {
    for (const make of [
      () => random() - 0.5,
      () => (random() - 0.5) * 2 ** Math.floor(random() * 600 - 300),
      () => Math.round(random() * 6 - 3),
      () => 0,
      () => -1e-300 * random(),
    ]) {
      const values = Array.from({ length: 999 }, () => Math.fround(make()));
      const sorted = [...values].sort((a, b) => a - b);
      const ranks = [0, 1, 250, 499, 750, 998];
      assert.deepEqual(
        rankOf(values, ranks).map((value) => value + 0),
        ranks.map((rank) => sorted[rank] + 0),
      );
    }
  });

  it('finds them after a guess, right or wrong', () => {
    kernels.reset();
    const values = Float64Array.from({ length: 5001 }, () => random());
    const sorted = [...values].sort((a, b) => a - b);
    const vector = kernels.reserve(5004 * 8);
    for (const sample of [sorted.filter((_, i) => i % 10 === 0), [0.9, 0.95, 1], [0, 0, 1e-9], [2, 3, 1e300]]) {
      const search = new SizeRanks(
        kernels,
        [0, 2500, 5000].map((rank) => () => rank),
      );
      kernels.floats(vector, 5001).set(values.map((value) => -value));
      search.guess(Float64Array.from(sample), 5001);
      while (!search.isDone) {
        search.beginPass();
        search.count(vector, 5001);
        search.endPass();
      }
      for (const [i, { first, last, below, equal }] of search.cuts.entries()) {
        const wanted = sorted[i * 2500];
        assert.ok(doubleOf(first) <= wanted && wanted <= doubleOf(last));
        assert.deepEqual([below, equal], [i * 2500, 1]);
      }
    }
  });
});
