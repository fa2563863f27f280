import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { FeatureStore, type MadeText } from '../../../src/engine/training/featureStore';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const textOf = (name: number): MadeText => ({
  key: name.toString(16).padStart(64, '0'),
  promptKey: null,
  responseTokens: name,
  states: { last: Float32Array.of(name, -name) },
});

describe('FeatureStore', () => {
  const folder = useTemporaryFolder();
  const open = (): Promise<FeatureStore> =>
    FeatureStore.open({ folder: join(folder(), 'store'), columns: 2, places: ['last'] });

  it('reads what another has written, also while both are open', async () => {
    const [first, second] = [await open(), await open()];
    await first.beginWriting(quietContext());
    await first.append([textOf(1), textOf(2)]);
    await first.endWriting();
    assert.equal(second.find(textOf(2).key), null);
    await second.beginWriting(quietContext());
    assert.equal(second.find(textOf(2).key)?.responseTokens, 2);
    await second.append([textOf(3)]);
    await second.release();
    const third = await open();
    const matrix = third.matrix([textOf(3).key, textOf(1).key], 'last');
    const into = new Float32Array(4);
    matrix.readRows([0, 1], into);
    assert.deepEqual([...into], [3, -3, 1, -1]);
    await third.release();
    await first.release();
  });

  it('does not write where a successor has taken over from a process that was stopped', async () => {
    const [stopped, successor] = [await open(), await open()];
    await stopped.beginWriting(quietContext());
    await stopped.append([textOf(1)]);
    rmSync(join(folder(), 'store', 'lock'));
    await successor.beginWriting(quietContext());
    await successor.append([textOf(2)]);
    await rejects(() => stopped.append([textOf(3)]), 'exists', /another process writes to/);
    await stopped.release();
    await successor.append([textOf(4)]);
    await successor.release();
    const after = await open();
    assert.deepEqual(
      [1, 2, 3, 4].map((name) => after.find(textOf(name).key) !== null),
      [true, true, false, true],
    );
    assert.equal(
      after.check(
        [1, 2, 4].map((name) => textOf(name).key),
        quietContext(),
      ),
      0,
    );
    await after.release();
  });

  it('waits for the process that writes, and hears a cancellation meanwhile', async () => {
    const [first, second] = [await open(), await open()];
    await first.beginWriting(quietContext());
    const abort = new AbortController();
    const told: string[] = [];
    const context = quietContext(abort.signal);
    const logger = { ...context.logger, info: (message: string) => (told.push(message), abort.abort()) };
    await rejects(() => second.beginWriting({ ...context, logger }), 'cancelled');
    assert.match(told.join(), /another process writes to .*store: waiting for it/);
    await first.release();
    await second.beginWriting(quietContext());
    await second.release();
  });
});
