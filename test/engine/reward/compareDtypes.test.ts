import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareDtypes } from '../../../src/engine/reward/compareDtypes';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyModel } from '../../fixtures/tinyModel';

describe('compareDtypes', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  function compare(rows: readonly unknown[], mostRows = 100) {
    const input = join(folder(), 'rows.jsonl');
    writeFileSync(input, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const reference = join(folder(), 'model');
    writeTinyModel({ folder: reference });
    const model = { reference, device: 'cpu' } as const;
    const params = { model, dtypes: ['int8', 'int4'], inputs: [input], mostRows, options: {} } as const;
    return compareDtypes(params, quietContext());
  }

  const pair = (index: number): unknown => ({
    prompt: `Question ${index}`,
    chosen: `An answer with ${index * 7} words`,
    rejected: `${index} times no`,
  });

  it('holds each number format against F32 on the same rows', async () => {
    const { rows, errors, dtypes } = await compare(Array.from({ length: 12 }, (_, index) => pair(index)));
    assert.deepEqual([rows, errors], [12, 0]);
    assert.deepEqual(
      dtypes.map(({ dtype }) => dtype),
      ['f32', 'int8', 'int4'],
    );
    const [f32, int8, int4] = dtypes;
    assert.equal(f32?.scores.largestDifference, 0);
    assert.equal(f32.scores.rankAgreement, 1);
    assert.equal(f32.weightError, null);
    assert.equal(f32.scores.scores, 24);
    assert.deepEqual(f32.margins, { pairs: 12, sameSign: 12 });
    assert.ok(int8 && int4);
    // Quantised weights are smaller, and their scores are close but not the same.
    assert.ok(int4.weightBytes < int8.weightBytes && int8.weightBytes < f32.weightBytes);
    assert.ok(0 < int8.scores.largestDifference && int8.scores.largestDifference < f32.scores.spread);
    assert.ok(int8.scores.meanDifference < int4.scores.meanDifference);
    assert.ok(0 < int8.tokensPerSecond);
  });

  it('leaves out what cannot be scored, and reads no more rows than asked for', async () => {
    const { rows, errors } = await compare([pair(1), { nothing: 1 }, pair(2), pair(3)], 3);
    assert.deepEqual([rows, errors], [2, 1]);
  });

  it('says why no row could be scored', async () => {
    await rejects(() => compare([{ nothing: 1 }]), 'row', /no row could be scored: /);
    await rejects(() => compare([]), 'row', /there are no rows/);
  });
});
