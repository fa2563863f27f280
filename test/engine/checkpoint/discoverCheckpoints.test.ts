import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { discoverCheckpoints } from '../../../src/engine/checkpoint/discoverCheckpoints';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyLlamaConfig, writeTinyCheckpoint } from '../../fixtures/tinyCheckpoint';

describe('discoverCheckpoints', () => {
  const folder = useTemporaryFolder();

  it('finds checkpoints at any depth, once each, although links go in circles', async () => {
    writeTinyCheckpoint({ folder: join(folder(), 'b') });
    writeTinyCheckpoint({ folder: join(folder(), 'a', 'deep', 'er'), shards: 2 });
    writeTinyCheckpoint({ folder: join(folder(), 'node_modules', 'x') });
    writeTinyCheckpoint({ folder: join(folder(), 'merged.part', 'result') });
    symlinkSync(folder(), join(folder(), 'a', 'loop'));
    symlinkSync(join(folder(), 'self'), join(folder(), 'self'));
    symlinkSync(join(folder(), 'nowhere'), join(folder(), 'dangling'));
    symlinkSync(join(folder(), 'b'), join(folder(), 'c'));
    const found = await discoverCheckpoints(
      { folders: [folder(), folder(), join(folder(), 'missing')] },
      quietContext(),
    );
    assert.deepEqual(
      found.map(({ path, problems }) => [path, problems]),
      [
        [join(folder(), 'a', 'deep', 'er'), []],
        [join(folder(), 'b'), []],
      ],
    );
    assert.deepEqual(
      [found[1].name, found[1].architecture, found[1].dtype, found[1].head],
      ['b', 'LlamaForCausalLM', 'F32', null],
    );
  });

  it('reads the hub cache, whose snapshots are links to blobs, under the model’s own name', async () => {
    const model = join(folder(), 'models--some--tiny-model');
    const snapshot = join(model, 'snapshots', 'abc');
    writeTinyCheckpoint({ folder: join(model, 'blobs') });
    mkdirSync(snapshot, { recursive: true });
    for (const name of ['config.json', 'model.safetensors'])
      symlinkSync(join('..', '..', 'blobs', name), join(snapshot, name));
    const found = await discoverCheckpoints({ folders: [folder()] }, quietContext());
    assert.deepEqual(
      found.map(({ name, path, problems }) => ({ name, path, problems })),
      [{ name: 'some/tiny-model', path: snapshot, problems: [] }],
    );
  });

  it('lists a broken checkpoint with its problem and whatever else is known', async () => {
    writeTinyCheckpoint({ folder: join(folder(), 'cut') });
    truncateSync(join(folder(), 'cut', 'model.safetensors'), 100);
    writeTinyCheckpoint({ folder: join(folder(), 'other') });
    writeFileSync(
      join(folder(), 'other', 'config.json'),
      JSON.stringify({ ...tinyLlamaConfig, architectures: ['XForCausalLM'], model_type: 'x' }),
    );
    writeFileSync(join(folder(), 'z.gguf'), 'GGUFrubbish');
    const [gguf, cut, other] = await discoverCheckpoints({ folders: [folder()] }, quietContext());
    assert.deepEqual(
      [cut.architecture, cut.parameters, cut.bytes, cut.problems.length],
      ['LlamaForCausalLM', null, 100, 1],
    );
    assert.match(cut.problems[0], /model\.safetensors/);
    assert.deepEqual([other.architecture, other.dtype], ['XForCausalLM', 'F32']);
    assert.ok(other.parameters !== null && 0 < other.parameters);
    assert.match(other.problems[0], /not supported/);
    assert.deepEqual([gguf.name, gguf.architecture, gguf.bytes, gguf.problems.length], ['z', null, 11, 1]);
  });

  it('stops at its bounds', async () => {
    writeTinyCheckpoint({ folder: join(folder(), 'a') });
    writeTinyCheckpoint({ folder: join(folder(), 'b', 'c', 'd') });
    const near = await discoverCheckpoints({ folders: [folder()], maximumDepth: 2 }, quietContext());
    assert.deepEqual(
      near.map(({ name }) => name),
      ['a'],
    );
    const warnings: string[] = [];
    const context = quietContext();
    const logger = { ...context.logger, warn: (message: string) => void warnings.push(message) };
    const few = await discoverCheckpoints({ folders: [folder()], maximumEntries: 3 }, { ...context, logger });
    assert.equal(few.length, 0);
    assert.equal(warnings.length, 1);
  });

  it('stops when cancelled', async () => {
    for (let i = 0; i < 5; i++) writeTinyCheckpoint({ folder: join(folder(), String(i)) });
    await rejects(() => discoverCheckpoints({ folders: [folder()] }, quietContext(AbortSignal.abort())), 'cancelled');
    const controller = new AbortController();
    const context = { ...quietContext(controller.signal), progress: () => controller.abort() };
    await rejects(() => discoverCheckpoints({ folders: [folder()], concurrency: 1 }, context), 'cancelled');
  });

  it('reads no more than headers', async () => {
    writeTinyCheckpoint({ folder: folder() });
    const path = join(folder(), 'model.safetensors');
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(path, bytes.subarray(0, 8 + Number(bytes.readBigUInt64LE())));
    truncateSync(path, bytes.length);
    const [found] = await discoverCheckpoints({ folders: [folder()] }, quietContext());
    assert.deepEqual([found.problems, found.bytes], [[], bytes.length]);
  });
});
