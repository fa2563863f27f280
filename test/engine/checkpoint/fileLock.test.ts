import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { acquireLock, type FileLock } from '../../../src/engine/checkpoint/fileLock';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

describe('acquireLock', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'some.lock');
  const acquire = (parts: Partial<Parameters<typeof acquireLock>[1]> = {}): Promise<FileLock> =>
    acquireLock(path(), { signal: new AbortController().signal, interval: 5, ...parts });

  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await acquire();
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((done) => setTimeout(done, 10));
        inside -= 1;
        await lock.release();
      }),
    );
    assert.equal(most, 1);
    assert.deepEqual(readdirSync(folder()), []);
  });

  it('says once that it waits, and stops waiting when cancelled', async () => {
    const lock = await acquire();
    const abort = new AbortController();
    let waits = 0;
    setTimeout(() => abort.abort(), 60);
    await rejects(() => acquire({ signal: abort.signal, onWait: () => (waits += 1) }), 'cancelled');
    assert.equal(waits, 1);
    await lock.release();
    assert.equal(existsSync(path()), false);
  });

  it('takes over the lock of a process that has ended', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(path(), JSON.stringify({ pid, host: hostname(), nonce: 'gone' }));
    const begin = performance.now();
    await (await acquire()).release();
    assert.ok(performance.now() - begin < 1000);
  });

  it('takes over a lock of another machine only when it gives no sign of life', async () => {
    writeFileSync(path(), JSON.stringify({ pid: 1, host: 'another', nonce: 'far' }));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await rejects(() => acquire({ signal: abort.signal }), 'cancelled');
    const long = new Date(Date.now() - 120_000);
    utimesSync(path(), long, long);
    await (await acquire()).release();
  });

  it('keeps the lock of a living process while that shows signs of life', async () => {
    const lock = await acquire({ abandonedAfter: 120 });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 400);
    await rejects(() => acquire({ signal: abort.signal, abandonedAfter: 120 }), 'cancelled');
    await lock.release();
  });

  it('waits for what is no lock until that is old', async () => {
    writeFileSync(path(), 'half a lo');
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await rejects(() => acquire({ signal: abort.signal }), 'cancelled');
    const long = new Date(Date.now() - 120_000);
    utimesSync(path(), long, long);
    await (await acquire()).release();
  });

  it('does not remove what has become the lock of another', async () => {
    const lock = await acquire();
    writeFileSync(path(), JSON.stringify({ pid: process.pid, host: hostname(), nonce: 'other' }));
    await lock.release();
    assert.ok(existsSync(path()));
  });

  it('says why when there can be no lock', async () => {
    await rejects(
      () => acquireLock(join(folder(), 'nowhere', 'x'), { signal: new AbortController().signal }),
      'not_found',
    );
  });
});
