import assert from 'node:assert/strict';
import { AlidadeError } from '../../src/core/alidadeError';
import type { ScorableRow } from '../../src/core/promptFile/scorableRow';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import type { OpenRewardModel } from '../../src/sidecar/engineFunctions';
import { interruptibleModel } from '../../src/sidecar/interruptibleModel';
import { RequestQueue } from '../../src/sidecar/requestQueue';
import { quietContext } from '../fixtures/quietContext';

const never = new AbortController().signal;
const rows: readonly ScorableRow[] = ['a', 'b'].map((id) => ({
  kind: 'single',
  id,
  input: { kind: 'text', text: id },
}));

describe('the model as a run gets it', () => {
  interface Bench {
    readonly model: OpenRewardModel;
    readonly queue: RequestQueue;
    readonly calls: string[];
    /** Lets the batch at hand come to its end. */
    readonly finish: () => void;
  }

  /** Batches end when the test says so, or with their signal. */
  function bench(): Bench {
    const calls: string[] = [];
    let finish = (): void => {};
    const queue = new RequestQueue();
    const model: OpenRewardModel = {
      description: {} as RewardModelDescription,
      explainRow: () => assert.fail('nobody asked'),
      release: () => Promise.resolve(),
      forget: () => calls.push('forget'),
      scoreBatch: (batch, _options, { signal }) => {
        calls.push(`batch of ${batch.length}`);
        return new Promise((resolve, reject) => {
          finish = () => resolve(batch.map(({ id }) => ({ id, error: { code: 'row', message: 'scored' } })));
          signal.addEventListener('abort', () => {
            calls.push('given up');
            reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
          });
        });
      },
    };
    return { model: interruptibleModel({ model, queue }), queue, calls, finish: () => finish() };
  }

  async function point({ queue, calls }: Bench, priority: 'interactive' | 'background'): Promise<void> {
    const answered = queue.enqueue(
      () => {
        calls.push(priority);
        return Promise.resolve();
      },
      { priority, signal: never },
    );
    await settle();
    if (priority === 'interactive') await answered;
  }

  it('gives a batch up for somebody who points at a row, and begins it again with nothing kept', async () => {
    const at = bench();
    const scored = at.model.scoreBatch(rows, {}, quietContext());
    await settle();
    await point(at, 'interactive');
    await settle();
    at.finish();
    assert.deepEqual(
      (await scored).map(({ id }) => id),
      ['a', 'b'],
    );
    assert.deepEqual(at.calls, ['forget', 'batch of 2', 'given up', 'interactive', 'forget', 'batch of 2']);
  });

  it('lets rows in the background wait for the end of the batch, and go before the next one', async () => {
    const at = bench();
    const first = at.model.scoreBatch(rows, {}, quietContext());
    await settle();
    await point(at, 'background');
    const second = at.model.scoreBatch(rows.slice(1), {}, quietContext());
    at.finish();
    await first;
    await settle();
    at.finish();
    await second;
    assert.deepEqual(at.calls, ['forget', 'batch of 2', 'background', 'forget', 'batch of 1']);
  });

  it('finishes a batch that was given up twice, however often somebody points', async () => {
    const at = bench();
    const scored = at.model.scoreBatch(rows, {}, quietContext());
    await settle();
    await point(at, 'interactive');
    await settle();
    await point(at, 'interactive');
    await settle();
    const third = point(at, 'interactive');
    await settle();
    at.finish();
    await Promise.all([scored, third]);
    assert.equal(at.calls.filter((call) => call === 'given up').length, 2);
    assert.deepEqual(at.calls.slice(-2), ['batch of 2', 'interactive']);
  });

  it('ends at once when the run is stopped', async () => {
    const at = bench();
    const controller = new AbortController();
    const scored = at.model.scoreBatch(rows, {}, quietContext(controller.signal));
    await settle();
    controller.abort();
    await assert.rejects(scored, /cancelled/);
    assert.deepEqual(at.calls, ['forget', 'batch of 2', 'given up']);
  });
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
