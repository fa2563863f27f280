import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunKey } from '../../../src/core/journal';
import { TrainingFolder } from '../../../src/engine/training/trainingFolder';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const key: RunKey = { 'the recipe': 'a' };

describe('TrainingFolder', () => {
  const folder = useTemporaryFolder();
  const path = (...names: readonly string[]): string => join(folder(), ...names);
  const { signal, logger } = quietContext();

  async function begin({ resume = true, force = false, wanted = key } = {}): Promise<TrainingFolder> {
    const found = await TrainingFolder.claim({ head: path('head.bin'), card: path('head.md') }, signal);
    try {
      await found.begin({ key: wanted, resume, force }, logger);
    } catch (error) {
      await found.leave();
      throw error;
    }
    return found;
  }
  const never = (): Promise<never> => Promise.reject(new Error('made again'));
  const content = { head: Uint8Array.of(1, 2, 3), card: '# Card\n' };

  it('keeps what a step gives, numbers to the bit', async () => {
    const value = {
      weights: Float64Array.of(0.1, NaN, -0, Infinity, 1e-310),
      bytes: Uint8Array.of(0, 255),
      nested: [{ rows: Int32Array.of(-1, 2 ** 30) }, { half: Float32Array.of(1 / 3) }],
      words: 'λ',
    };
    const first = await begin();
    const given = await first.step('a', () => Promise.resolve(value));
    assert.deepEqual(given, value);
    await first.leave();
    const second = await begin();
    assert.deepEqual(await second.step('a', never), value);
    await second.discard();
    assert.deepEqual(readdirSync(folder()), []);
  });

  it('gives in the first run what a later one will read', async () => {
    const found = await begin();
    assert.deepEqual(await found.step('a', () => Promise.resolve({ value: NaN })), { value: null });
    await found.discard();
  });

  it('makes a step again of which not every byte is as it was noted', async () => {
    const first = await begin();
    await first.step('a', () => Promise.resolve([1, 2]));
    await first.leave();
    writeFileSync(path('head.bin.part', 'a.json'), '[1,3]');
    const second = await begin();
    assert.deepEqual(await second.step('a', () => Promise.resolve([4])), [4]);
    await second.discard();
  });

  it('goes on from a journal that ends anywhere', async () => {
    const first = await begin();
    for (const [index, name] of ['a', 'b', 'c'].entries()) await first.step(name, () => Promise.resolve(index));
    await first.leave();
    const journal = path('head.bin.part', 'journal.jsonl');
    const whole = readFileSync(journal);
    for (let length = 0; length <= whole.length; length += 3) {
      writeFileSync(journal, whole.subarray(0, length));
      const found = await begin();
      for (const [index, name] of ['a', 'b', 'c'].entries()) {
        assert.equal(await found.step(name, () => Promise.resolve(index)), index);
      }
      await found.leave();
      assert.deepEqual(readFileSync(journal), whole, `cut after ${length} bytes`);
    }
  });

  it('keeps the last checkpoint of a step until the step is done', async () => {
    const first = await begin();
    assert.equal(await first.loadCheckpoint('a'), null);
    await first.saveCheckpoint('a', [Uint8Array.of(1), Uint8Array.of(2, 3)]);
    await first.saveCheckpoint('a', [Uint8Array.of(4), Uint8Array.of(5)]);
    assert.ok(await first.holdsWork());
    await first.leave();
    const second = await begin();
    assert.deepEqual([...((await second.loadCheckpoint('a')) ?? [])], [4, 5]);
    await second.step('a', () => Promise.resolve(1));
    assert.equal(await second.loadCheckpoint('a'), null);
    await second.discard();
  });

  it('begins anew without being told to resume, and not with another recipe', async () => {
    const first = await begin();
    await first.step('a', () => Promise.resolve(1));
    await first.leave();
    await rejects(() => begin({ wanted: { 'the recipe': 'b' } }), 'exists', /because the recipe changed$/);
    const second = await begin({ resume: false });
    assert.equal(await second.step('a', () => Promise.resolve(2)), 2);
    await second.discard();
  });

  it('finishes what was killed between the card and the head', async () => {
    const first = await begin();
    await first.step('a', () => Promise.resolve(1));
    mkdirSync(path('head.bin', 'in the way'), { recursive: true });
    await assert.rejects(() => first.putInPlace(content, true));
    await first.leave();
    assert.equal(readFileSync(path('head.md'), 'utf8'), content.card);
    rmSync(path('head.bin'), { recursive: true });

    const second = await begin();
    await second.putInPlace({ head: content.head, card: content.card }, false);
    assert.deepEqual([...readFileSync(path('head.bin'))], [1, 2, 3]);
    assert.deepEqual(readdirSync(folder()).sort(), ['head.bin', 'head.md']);
  });

  it('does not replace files of others, and not without being told to', async () => {
    for (const name of ['head.bin', 'head.md']) {
      writeFileSync(path(name), 'mine');
      await rejects(() => begin(), 'exists', new RegExp(`${name} exists$`));
      const found = await begin({ force: true });
      await rejects(() => found.putInPlace(content, false), 'exists');
      await found.discard();
      assert.equal(readFileSync(path(name), 'utf8'), 'mine');
      rmSync(path(name));
    }
    mkdirSync(path('head.bin.part'));
    writeFileSync(path('head.bin.part', 'thesis.doc'), 'mine');
    await rejects(() => begin(), 'exists', /is not of an interrupted training$/);
    assert.ok(existsSync(path('head.bin.part', 'thesis.doc')));
  });
});
