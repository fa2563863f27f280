import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureCachedFile } from '../../../src/engine/onnx/weightCache';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const hour = 3600;

describe('ensureCachedFile', () => {
  const folder = useTemporaryFolder();
  const listed = (): string[] => readdirSync(folder()).sort();
  let limit: string | undefined;
  beforeEach(() => {
    limit = process.env['ALIDADE_CACHE_LIMIT'];
  });
  afterEach(() => {
    if (limit === undefined) delete process.env['ALIDADE_CACHE_LIMIT'];
    else process.env['ALIDADE_CACHE_LIMIT'] = limit;
  });

  /** A file of so many bytes that was used so many hours ago. */
  function put(name: string, { bytes, hours }: { readonly bytes: number; readonly hours: number }): void {
    const path = join(folder(), name);
    writeFileSync(path, new Uint8Array(bytes));
    const then = Date.now() / 1000 - hours * hour;
    utimesSync(path, then, then);
  }

  async function ensure(name: string, bytes: number, content = 7): Promise<boolean> {
    let wrote = false;
    const write = async (file: { write(data: Uint8Array): Promise<unknown> }): Promise<void> => {
      wrote = true;
      await file.write(new Uint8Array(bytes).fill(content));
    };
    await ensureCachedFile({ path: join(folder(), name), bytes, write }, quietContext());
    return wrote;
  }

  it('writes a file once', async () => {
    assert.equal(await ensure('a', 10), true);
    assert.equal(await ensure('a', 10, 8), false);
    assert.deepEqual([...readFileSync(join(folder(), 'a'))], new Array(10).fill(7));
    assert.deepEqual(listed(), ['a']);
  });

  it('makes the folder', async () => {
    await ensure(join('deeper', 'still', 'a'), 10);
    assert.deepEqual(readdirSync(join(folder(), 'deeper', 'still')), ['a']);
  });

  it('says so when the folder cannot be made', async () => {
    put('file', { bytes: 1, hours: 0 });
    const path = join(folder(), 'file', 'weights', 'a');
    const write = (): Promise<void> => Promise.reject(new Error('nothing should be written'));
    await rejects(
      () => ensureCachedFile({ path, bytes: 10, write }, quietContext()),
      'permission',
      /ALIDADE_CACHE|cache/,
    );
  });

  it('leaves nothing when writing fails', async () => {
    const path = join(folder(), 'a');
    const write = async (file: { write(data: Uint8Array): Promise<unknown> }): Promise<void> => {
      await file.write(new Uint8Array(5));
      throw new Error('power cut');
    };
    await assert.rejects(ensureCachedFile({ path, bytes: 10, write }, quietContext()), /power cut/);
    assert.deepEqual(listed(), []);
  });

  it('removes the least recently used until the new file fits', async () => {
    process.env['ALIDADE_CACHE_LIMIT'] = '100';
    put('oldest', { bytes: 30, hours: 3 });
    put('older', { bytes: 30, hours: 2 });
    put('newer', { bytes: 30, hours: 1 });
    await ensure('new', 50);
    assert.deepEqual(listed(), ['new', 'newer']);
  });

  it('counts looking a file up as using it', async () => {
    process.env['ALIDADE_CACHE_LIMIT'] = '100';
    put('oldest', { bytes: 40, hours: 3 });
    put('older', { bytes: 40, hours: 2 });
    assert.equal(await ensure('oldest', 40), false);
    await ensure('new', 40);
    assert.deepEqual(listed(), ['new', 'oldest']);
  });

  it('removes nothing while everything fits', async () => {
    process.env['ALIDADE_CACHE_LIMIT'] = '100';
    put('old', { bytes: 50, hours: 999 });
    await ensure('new', 50);
    assert.deepEqual(listed(), ['new', 'old']);
  });

  it('takes a limit that is no number for no limit of its own', async () => {
    for (const text of ['', '5 GB']) {
      process.env['ALIDADE_CACHE_LIMIT'] = text;
      put('old', { bytes: 50, hours: 9 });
      await ensure(`new${text.length}`, 50);
      assert.ok(listed().includes('old'), JSON.stringify(text));
    }
  });

  it('clears away what killed processes left a day ago, not what others are writing', async () => {
    put('a.1-x.part', { bytes: 5, hours: 25 });
    put('b.2-y.part', { bytes: 5, hours: 1 });
    await ensure('new', 5);
    assert.deepEqual(listed(), ['b.2-y.part', 'new']);
  });

  it('refuses what the disk cannot hold before it writes anything', async () => {
    mkdirSync(join(folder(), 'w'));
    const path = join(folder(), 'w', 'a');
    const write = (): Promise<void> => assert.fail('it has begun to write');
    await rejects(() => ensureCachedFile({ path, bytes: 1e18, write }, quietContext()), 'no_space', /GB/);
    assert.deepEqual(readdirSync(join(folder(), 'w')), []);
  });
});
