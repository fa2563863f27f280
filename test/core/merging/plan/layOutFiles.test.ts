import assert from 'node:assert/strict';
import { readSafetensorsHeader } from '../../../../src/core/checkpoint/readSafetensorsHeader';
import { layOutFiles } from '../../../../src/core/merging/plan/layOutFiles';
import type { PlannedTensor } from '../../../../src/core/merging/plan/mergePlan';
import { MemoryByteSource } from '../../../fixtures/memoryByteSource';

function tensor(name: string, dtype: 'F32' | 'BF16' | 'U8', ...shape: number[]): Omit<PlannedTensor, 'place'> {
  const width = { F32: 4, BF16: 2, U8: 1 }[dtype];
  const bytes = width * shape.reduce((product, size) => product * size, 1);
  return {
    ...{ name, dtype, shape, bytes, workingDtype: dtype, layer: null, group: 'other' },
    ...{ method: 'linear', sources: [], base: null, parameters: {} },
  };
}

describe('the files of a merge', () => {
  it('are what a reader of safetensors finds: every tensor in its place, nothing else', async () => {
    const { files, tensors, bytes, index } = layOutFiles(
      [tensor('a', 'BF16', 3, 5), tensor('mask', 'U8', 3), tensor('b', 'F32', 7), tensor('empty', 'F32', 0)],
      5e9,
    );
    assert.deepEqual(
      files.map(({ name }) => name),
      ['model.safetensors'],
    );
    assert.equal(index, null);
    const [{ header, bytes: size }] = files;
    assert.equal(size, bytes);
    const file = new Uint8Array(size);
    file.set(header);
    const read = await readSafetensorsHeader(new MemoryByteSource(file));
    assert.equal(read.dataOffset, header.length);
    assert.equal(header.length % 8, 0);
    assert.deepEqual([...read.metadata], [['format', 'pt']]);
    for (const { name, shape, dtype, bytes: length, place } of tensors) {
      const found = read.tensors.get(name);
      assert.deepEqual(
        [found?.shape, found?.dtype, found?.bytes, found?.offset],
        [shape, dtype, length, place.offset],
        name,
      );
      if (0 < length) assert.equal(place.offset % { F32: 4, BF16: 2, U8: 1 }[dtype as 'F32'], 0, name);
    }
    assert.equal(tensors.length, read.tensors.size);
  });

  it('are as many as there have to be, in the order of the tensors, with an index', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const { files, tensors, index } = layOutFiles(
      names.map((name) => tensor(name, 'BF16', name === 'd' ? 200 : 40)),
      200,
    );
    assert.deepEqual(
      tensors.map(({ name, place }) => [name, place.file]),
      [
        ['a', 0],
        ['b', 0],
        ['c', 1],
        ['d', 2],
        ['e', 3],
      ],
    );
    assert.deepEqual(
      files.map(({ name }) => name),
      [1, 2, 3, 4].map((shard) => `model-0000${shard}-of-00004.safetensors`),
    );
    const { metadata, weight_map } = JSON.parse(index ?? '') as {
      readonly metadata: unknown;
      readonly weight_map: Readonly<Record<string, string>>;
    };
    assert.deepEqual(metadata, { total_size: 4 * 80 + 400 });
    assert.equal(weight_map['d'], 'model-00003-of-00004.safetensors');
  });

  it('hold tensors with names of any kind', async () => {
    const { files } = layOutFiles([tensor('__proto__', 'F32', 1), tensor('2', 'F32', 1), tensor('1"', 'F32', 1)], 5e9);
    const file = new Uint8Array(files[0].bytes);
    file.set(files[0].header);
    const { tensors } = await readSafetensorsHeader(new MemoryByteSource(file));
    assert.deepEqual([...tensors.keys()], ['__proto__', '2', '1"']);
  });
});
