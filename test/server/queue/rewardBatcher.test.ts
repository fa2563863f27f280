import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { ScorableRow } from '../../../src/core/promptFile/scorableRow';
import type { ScoredRow } from '../../../src/core/reward/rewardBreakdown';
import { RewardBatcher } from '../../../src/server/queue/rewardBatcher';
import { rejects } from '../../fixtures/rejects';
import { FakeService } from '../support/fakeService';

const signal = new AbortController().signal;
const row = (text: string): ScorableRow => ({ kind: 'single', id: text, input: { kind: 'text', text } });
const rowsOf = (count: number, name: string): ScorableRow[] =>
  Array.from({ length: count }, (_, index) => row(`${name}${index}`));
const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

describe('the batches of rewards', () => {
  function setUp(): {
    service: FakeService;
    batcher: RewardBatcher;
    score: (client: string, rows: readonly ScorableRow[], rest?: object) => Promise<readonly ScoredRow[]>;
  } {
    const service = new FakeService();
    const batcher = new RewardBatcher(service);
    return {
      service,
      batcher,
      score: (client, rows, rest = {}) => batcher.score({ client, rows, options: {}, signal, ...rest }),
    };
  }

  it('merge the rows of requests that wait, and give each its own in its order', async () => {
    const { service, score } = setUp();
    const open = service.hold();
    const first = score('a', [row('first')]);
    const others = [score('a', rowsOf(3, 'a')), score('b', rowsOf(2, 'b'))];
    open();
    assert.deepEqual(ids(await first), ['first']);
    assert.deepEqual((await Promise.all(others)).map(ids), [
      ['a0', 'a1', 'a2'],
      ['b0', 'b1'],
    ]);
    assert.deepEqual(
      service.batches.map(({ rows }) => ids(rows)),
      [['first'], ['a0', 'b0', 'a1', 'b1', 'a2']],
    );
  });

  it('take the rows of the clients in turn, with bounds on rows and characters', async () => {
    const { service, score } = setUp();
    const open = service.hold();
    const all = [score('x', [row('x')]), score('a', rowsOf(100, 'a')), score('b', rowsOf(3, 'b'))];
    all.push(score('c', [row('c'.repeat(90_000)), row('d'.repeat(90_000))]));
    open();
    await Promise.all(all);
    const names = service.batches.map(({ rows }) => ids(rows).map((id) => (id.length < 9 ? id : id[0])));
    assert.deepEqual(names[1].slice(0, 5), ['a0', 'b0', 'c', 'a1', 'b1']);
    assert.ok(!names[1].includes('d') && names[2].includes('d'), 'not both long rows in one batch');
    assert.ok(service.batches.every(({ rows }) => rows.length <= 64));
    assert.equal(names.flat().length, 106);
  });

  it('score a row that is larger than a batch', async () => {
    const { service, score } = setUp();
    assert.equal((await score('a', [row('a'.repeat(200_000))])).length, 1);
    assert.equal(service.batches.length, 1);
  });

  it('never mix rows with different options', async () => {
    const { service, score } = setUp();
    const open = service.hold();
    const all = [{ truncate: true }, { truncate: true }, { truncate: false }, { weights: { length: 2 } }].map(
      (options, index) => score(`client ${index}`, rowsOf(2, String(index)), { options }),
    );
    open();
    await Promise.all(all);
    for (const { rows, options } of service.batches) {
      assert.ok(ids(rows).every((id) => id.startsWith('0') || id.startsWith('1')) === (options.truncate === true));
    }
    assert.equal(service.batches.length, 4);
  });

  it('go on without the rows of whoever has gone, and stop when nobody is left', async () => {
    const { service, score } = setUp();
    const open = service.hold();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = score('x', [row('x')], { signal: one.signal });
    await turn();
    const second = score('a', rowsOf(2, 'a'), { signal: two.signal });
    one.abort();
    await rejects(() => first, 'cancelled');
    await turn();
    assert.equal(service.cancelled, 1, 'the batch had one request');
    const third = score('b', rowsOf(2, 'b'));
    const fourth = score('c', rowsOf(2, 'c'), { signal: two.signal });
    two.abort();
    await rejects(() => second, 'cancelled');
    await rejects(() => fourth, 'cancelled');
    open();
    assert.deepEqual(ids(await third), ['b0', 'b1']);
    assert.ok(!service.batches.some(({ rows }) => ids(rows).includes('c0')));
    await rejects(() => score('d', rowsOf(1, 'd'), { signal: two.signal }), 'cancelled');
    assert.deepEqual(await score('e', []), []);
  });

  it('fail together with their batch, and the next one is tried', async () => {
    const { service, score } = setUp();
    const scoreBatch = service.scoreBatch.bind(service);
    const open = service.hold();
    const first = score('x', [row('x')]);
    const both = [score('a', rowsOf(1, 'a')), score('b', rowsOf(1, 'b'))];
    service.scoreBatch = () => Promise.reject(new Error('the device was lost'));
    open();
    await first;
    for (const failed of both) await assert.rejects(failed, /the device was lost/);
    service.scoreBatch = scoreBatch;
    assert.equal((await score('c', rowsOf(1, 'c'))).length, 1);
  });

  it('refuse what has not begun when told to, and finish what has', async () => {
    const { service, batcher, score } = setUp();
    const open = service.hold();
    const large = score('a', rowsOf(100, 'a'));
    await turn();
    const waiting = score('b', rowsOf(1, 'b'));
    batcher.refuseWaiting(new Error('stopping'));
    await assert.rejects(waiting, /stopping/);
    open();
    assert.equal((await large).length, 100);
  });
});
