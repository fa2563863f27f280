import assert from 'node:assert/strict';
import { readSafetensorsHeader } from '../../../src/core/checkpoint/readSafetensorsHeader';
import { layOutWeightFile, readWeightFile } from '../../../src/core/quantisation/weightFile';
import type { WeightInFile } from '../../../src/core/quantisation/weightFile';
import { MemoryByteSource } from '../../fixtures/memoryByteSource';

const weights: readonly WeightInFile[] = [
  { name: 'norm', shape: [33], format: { kind: 'dense', type: 'float32' } },
  { name: 'half', shape: [3, 5], format: { kind: 'dense', type: 'float16' } },
  { name: 'channels', shape: [7, 32], format: { kind: 'channels' } },
  {
    name: 'zeros',
    shape: [5, 96],
    format: { kind: 'blocks', bits: 4, zeroPoints: true, offsets: false, exact: false },
  },
  {
    name: 'offsets',
    shape: [5, 96],
    format: { kind: 'blocks', bits: 4, zeroPoints: false, offsets: true, exact: true },
  },
  {
    name: 'table',
    shape: [9, 64],
    format: { kind: 'blocks', bits: 8, zeroPoints: false, offsets: false, exact: false },
  },
];

function fileOf(losses: readonly (number | null)[]): Uint8Array {
  const layout = layOutWeightFile(weights);
  const bytes = new Uint8Array(layout.totalBytes);
  bytes.set(layout.header(losses));
  return bytes;
}

describe('layOutWeightFile', () => {
  it('gives each part the shape that its kernel wants', () => {
    const shapes = layOutWeightFile(weights).parts.map((parts) => parts.map(({ name, shape }) => [name, shape.join()]));
    assert.deepEqual(shapes, [
      [['values', '33']],
      [['values', '3,5']],
      [
        ['values', '32,7'],
        ['scales', '7'],
      ],
      [
        ['values', '5,3,16'],
        ['scales', '15'],
        ['zeroPoints', '10'],
      ],
      [
        ['values', '5,3,16'],
        ['scales', '15'],
        ['offsets', '3,5'],
      ],
      [
        ['values', '9,2,32'],
        ['scales', '18'],
      ],
    ]);
  });

  it('makes a file that readers of safetensors accept, every part at a multiple of 64 bytes', async () => {
    const header = await readSafetensorsHeader(new MemoryByteSource(fileOf([])));
    const entries = [...header.tensors.values()].filter(({ name }) => !name.startsWith('~'));
    assert.equal(entries.length, 12);
    for (const { name, offset } of entries) assert.equal(offset % 64, 0, name);
  });

  it('keeps the length of the header whatever the losses are, and reads everything back', async () => {
    const losses = [null, null, 0.007112626924804147, 1.2345678901234567e-101, 0, 1 / 3];
    const [short, long] = [fileOf([]), fileOf(losses)];
    assert.equal(short.length, long.length);
    const read = readWeightFile(await readSafetensorsHeader(new MemoryByteSource(long)));
    const layout = layOutWeightFile(weights);
    assert.deepEqual(
      [...(read ?? [])],
      weights.map((weight, index) => [
        weight.name,
        { ...weight, loss: losses[index], parts: layout.parts[index].map((part) => ({ ...part })) },
      ]),
    );
  });
});

describe('readWeightFile', () => {
  it('takes no other safetensors file, nor one of another version, for a file of weights', async () => {
    const header = await readSafetensorsHeader(new MemoryByteSource(fileOf([])));
    assert.notEqual(readWeightFile(header), null);
    assert.equal(readWeightFile({ ...header, metadata: new Map() }), null);
    const other = new Map(header.metadata).set('alidade.weights', '0');
    assert.equal(readWeightFile({ ...header, metadata: other }), null);
  });

  it('refuses a file whose tensors are not as announced', async () => {
    const header = await readSafetensorsHeader(new MemoryByteSource(fileOf([])));
    const tensors = new Map(header.tensors);
    tensors.delete('zeros:zeroPoints');
    assert.throws(() => readWeightFile({ ...header, tensors }), /zeros: zeroPoints/);
  });
});
