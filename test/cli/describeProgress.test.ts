import assert from 'node:assert/strict';
import { describeProgress } from '../../src/cli/describeProgress';

describe('describeProgress', () => {
  it('says as much as is known', () => {
    const bytes = { message: 'Fetching org/m', done: 40e6, total: 98e6, unit: 'bytes' } as const;
    assert.equal(describeProgress({ message: 'Looking up org/m' }), 'Looking up org/m');
    assert.equal(describeProgress({ message: 'Rows', done: 3, unit: 'rows' }), 'Rows: 3 rows');
    assert.equal(describeProgress(bytes), 'Fetching org/m: 40.0 MB of 98.0 MB, 40%');
    assert.equal(
      describeProgress({ ...bytes, perSecond: 12_345_678, secondsLeft: 4.7 }),
      'Fetching org/m: 40.0 MB of 98.0 MB, 40%, 12.3 MB/s, 5 s left',
    );
    assert.equal(
      describeProgress({
        message: 'Scoring',
        done: 50,
        total: 200,
        unit: 'rows',
        perSecond: 1.23456,
        secondsLeft: 122,
      }),
      'Scoring: 50 of 200 rows, 25%, 1.23 rows/s, 2 min 2 s left',
    );
  });
});
