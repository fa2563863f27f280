import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTensorFile } from '../../../src/engine/checkpoint/readTensorFile';
import type { TensorFile } from '../../../src/core/checkpoint/tensorFile';
import { mutateBytes } from '../../fixtures/mutateBytes';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyLlamaConfig, tinyTensors, writeTinyCheckpoint } from '../../fixtures/tinyCheckpoint';
import { writeGguf } from '../../fixtures/writeGguf';
import { joinSafetensors, writeSafetensors } from '../../fixtures/writeSafetensors';
import { AlidadeError } from '../../../src/core/alidadeError';

describe('readTensorFile', () => {
  const folder = useTemporaryFolder();
  const read = (name: string): Promise<TensorFile> => readTensorFile(join(folder(), name), quietContext());

  it('reads a file of any architecture: tensors in the order of the file, metadata, no configuration', async () => {
    const metadata = { format: 'pt', note: 'x'.repeat(30_000) };
    const tensors = [
      { name: 'b', shape: [2, 3] },
      { name: 'a', dtype: 'BF16', shape: [4] },
    ];
    writeFileSync(join(folder(), 'a.safetensors'), writeSafetensors({ metadata, tensors }));
    const file = await read('a.safetensors');
    assert.deepEqual(
      file.tensors.map(({ name, dtype, shape, bytes }) => [name, dtype, shape, bytes]),
      [
        ['b', 'F32', [2, 3], 24],
        ['a', 'BF16', [4], 8],
      ],
    );
    assert.deepEqual([file.format, file.config, file.problems], ['safetensors', null, []]);
    assert.deepEqual(file.metadata[0], { key: 'format', value: 'pt' });
    assert.match(file.metadata[1].value, /^x{20000}…$/);
  });

  it('reads the shards of an index as one, in a folder or by its name, with the configuration beside', async () => {
    writeTinyCheckpoint({ folder: folder(), shards: 3 });
    const index = await read('model.safetensors.index.json');
    assert.equal(index.files.length, 3);
    assert.equal(index.tensors.length, tinyTensors(tinyLlamaConfig).length);
    assert.deepEqual(index.metadata, [{ key: 'format', value: 'pt' }]);
    assert.equal(index.config?.name, 'config.json');
    assert.deepEqual(JSON.parse(index.config?.text ?? ''), tinyLlamaConfig);
    assert.deepEqual((await read('.')).tensors, index.tensors);
    const one = await read(index.files[1].name);
    assert.deepEqual([one.files.length, one.tensors.length], [1, 7]);
  });

  it('says what index and shards do not agree on', async () => {
    writeTinyCheckpoint({ folder: folder(), shards: 2 });
    const [shard] = readdirSync(folder()).filter((name) => name.endsWith('.safetensors'));
    writeFileSync(join(folder(), shard), writeSafetensors({ tensors: [{ name: 'stranger', shape: [1] }] }));
    const { problems } = await read('model.safetensors.index.json');
    assert.ok(problems.some((problem) => problem.startsWith('tensor stranger is in')));
    assert.ok(problems.some((problem) => /^tensor model\.embed_tokens\.weight is not in/.test(problem)));
  });

  it('tells of several files what each says otherwise', async () => {
    mkdirSync(join(folder(), 'm'));
    const weightMap: Record<string, string> = {};
    for (const part of ['1', '2']) {
      const name = `part-${part}.safetensors`;
      weightMap[`t${part}`] = name;
      const bytes = writeSafetensors({ metadata: { format: 'pt', part }, tensors: [{ name: `t${part}`, shape: [1] }] });
      writeFileSync(join(folder(), 'm', name), bytes);
    }
    writeFileSync(join(folder(), 'm', 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
    const { metadata } = await read('m');
    assert.deepEqual(
      metadata.map(({ key, value }) => `${key}=${value}`),
      ['format=pt', 'part=1', 'part (part-2.safetensors)=2'],
    );
  });

  it('reads GGUF under its own names, with its metadata as text', async () => {
    const metadata = {
      'general.architecture': { kind: 8, value: 'never-heard-of' },
      'general.big': { kind: 10, value: 2n ** 60n },
      'tokenizer.ggml.tokens': { kind: 9, items: 8, value: Array.from({ length: 400 }, (_, index) => `t${index}`) },
    } as const;
    const tensor = { name: 'blk.0.attn_q.weight', shape: [1, 32], kind: 8, data: new Uint8Array(34) };
    writeFileSync(join(folder(), 'a.gguf'), writeGguf({ metadata, tensors: [tensor] }));
    const file = await read('a.gguf');
    assert.deepEqual(
      file.tensors.map(({ name, dtype }) => [name, dtype]),
      [['blk.0.attn_q.weight', 'Q8_0']],
    );
    const values = Object.fromEntries(file.metadata.map(({ key, value }) => [key, value]));
    assert.equal(values['general.big'], String(2n ** 60n));
    assert.match(values['tokenizer.ggml.tokens'], /^400: \["t0", "t1", .*, …\]$/);
  });

  it('follows the links of the hub cache, and keeps the names of the files', async () => {
    writeFileSync(join(folder(), 'blob'), writeSafetensors({ tensors: [{ name: 'w', shape: [1] }] }));
    symlinkSync(join(folder(), 'blob'), join(folder(), 'model.safetensors'));
    const { files, tensors } = await read('model.safetensors');
    assert.equal(files[0].name, 'model.safetensors');
    assert.match(tensors[0].file, /blob$/);
  });

  it('bounds what a hostile header says about itself', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key${index}`, 'y'.repeat(2000)]));
    writeFileSync(join(folder(), 'a.safetensors'), writeSafetensors({ metadata, tensors: [] }));
    const file = await read('a.safetensors');
    assert.ok(file.metadata.length < 1001 && file.metadata.length + file.metadataLeftOut === 5000);
  });

  it('names the place of what is damaged, and what is no file of tensors', async () => {
    writeFileSync(join(folder(), 'short.safetensors'), writeSafetensors({ tensors: [{ name: 'w', shape: [100] }] }));
    truncateSync(join(folder(), 'short.safetensors'), 200);
    await rejects(
      () => read('short.safetensors'),
      'format',
      /short\.safetensors, tensor w, byte \d+: data_offsets end/,
    );
    writeFileSync(join(folder(), 'long.safetensors'), joinSafetensors('{"a":', []));
    await rejects(() => read('long.safetensors'), 'format', /long\.safetensors, byte \d+/);
    await rejects(() => read('missing.safetensors'), 'not_found');
    writeFileSync(join(folder(), 'a.txt'), 'text');
    await rejects(() => read('a.txt'), 'unsupported');
  });

  it('gives an error for people, or a list, for any damage', async () => {
    const random = seededRandom(21);
    const original = writeSafetensors({ metadata: { format: 'pt' }, tensors: [{ name: 'w', shape: [3, 4] }] });
    let refused = 0;
    for (let round = 0; round < 300; round += 1) {
      writeFileSync(join(folder(), 'a.safetensors'), mutateBytes(original, random));
      await read('a.safetensors').catch((error: unknown) => {
        assert.ok(error instanceof AlidadeError && error.code === 'format', String(error));
        refused += 1;
      });
    }
    assert.ok(100 < refused);
  });
});
