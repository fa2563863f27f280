import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { TurnQueue } from '../../../src/server/queue/turnQueue';
import { rejects } from '../../fixtures/rejects';

describe('the queue of generations', () => {
  /** Tasks that log their beginning and wait for the test. */
  function tasks(queue: TurnQueue): {
    readonly begun: string[];
    add(client: string, name: string, signal?: AbortSignal): Promise<string>;
    finish(name: string): Promise<void>;
  } {
    const begun: string[] = [];
    const open = new Map<string, () => void>();
    return {
      begun,
      add: (client, name, signal = new AbortController().signal) =>
        queue.run({ client, signal }, async () => {
          begun.push(name);
          await new Promise<void>((resolve) => open.set(name, resolve));
          return name;
        }),
      finish: async (name) => {
        open.get(name)?.();
        await turn();
      },
    };
  }

  it('runs one task at a time, the clients in turn', async () => {
    const { begun, add, finish } = tasks(new TurnQueue());
    const all = [add('a', 'a1'), add('a', 'a2'), add('a', 'a3'), add('b', 'b1'), add('c', 'c1'), add('b', 'b2')];
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2']) {
      assert.equal(begun.at(-1), name);
      await finish(name);
    }
    assert.deepEqual(await Promise.all(all), ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']);
  });

  it('goes on after a task that fails', async () => {
    const queue = new TurnQueue();
    const params = { client: 'a', signal: new AbortController().signal };
    const failing = queue.run(params, () => Promise.reject(new Error('no')));
    const next = queue.run(params, () => Promise.resolve('next'));
    await assert.rejects(failing, /no/);
    assert.equal(await next, 'next');
  });

  it('drops what is cancelled while it waits, and leaves what runs to its signal', async () => {
    const { begun, add, finish } = tasks(new TurnQueue());
    const job = new AbortController();
    const running = add('a', 'running', job.signal);
    const waiting = add('a', 'waiting', job.signal);
    const last = add('a', 'last');
    job.abort();
    await rejects(() => waiting, 'cancelled');
    await rejects(() => add('b', 'late', job.signal), 'cancelled');
    await finish('running');
    assert.equal(await running, 'running');
    await finish('last');
    assert.equal(await last, 'last');
    assert.deepEqual(begun, ['running', 'last']);
  });

  it('refuses what waits when it is told to', async () => {
    const queue = new TurnQueue();
    const { add, finish } = tasks(queue);
    const running = add('a', 'running');
    const waiting = [add('a', 'one'), add('b', 'two')];
    queue.refuseWaiting(new Error('stopping'));
    for (const refused of waiting) await assert.rejects(refused, /stopping/);
    await finish('running');
    assert.equal(await running, 'running');
  });
});
