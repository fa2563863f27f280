import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { GgufFile } from '../../../src/core/checkpoint/ggufFile';
import { mapGgufTensors } from '../../../src/core/checkpoint/mapGgufTensors';
import { llamaGgufNames, plainGgufNames } from '../../../src/core/onnx/architectures/ggufNames';
import { readGguf } from '../../../src/core/checkpoint/readGguf';
import { MemoryByteSource } from '../../fixtures/memoryByteSource';
import { mutateBytes, mutationCount } from '../../fixtures/mutateBytes';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { writeGguf, type GgufToWrite } from '../../fixtures/writeGguf';

const model: GgufToWrite = {
  metadata: {
    'general.architecture': { kind: 8, value: 'llama' },
    u8: { kind: 0, value: 200 },
    i8: { kind: 1, value: -3 },
    u16: { kind: 2, value: 65535 },
    i16: { kind: 3, value: -300 },
    u32: { kind: 4, value: 4_000_000_000 },
    i32: { kind: 5, value: -70_000 },
    f32: { kind: 6, value: 0.5 },
    bool: { kind: 7, value: true },
    u64: { kind: 10, value: 2n ** 40n },
    large: { kind: 10, value: 2n ** 63n },
    i64: { kind: 11, value: -5n },
    f64: { kind: 12, value: 0.1 },
    'tokenizer.ggml.tokens': { kind: 9, items: 8, value: ['<s>', 'ünï', '', 'x'] },
    'tokenizer.ggml.token_type': { kind: 9, items: 5, value: [3, 1, 1, -1] },
    flags: { kind: 9, items: 7, value: [true, false] },
    nested: {
      kind: 9,
      items: 9,
      value: [
        { kind: 9, items: 4, value: [1, 2] },
        { kind: 9, items: 8, value: ['a'] },
      ],
    },
    none: { kind: 9, items: 8, value: [] },
  },
  tensors: [
    { name: 'token_embd.weight', shape: [2, 32], kind: 8, data: new Uint8Array(68).fill(1) },
    { name: 'blk.0.attn_norm.weight', shape: [3], kind: 0, data: new Uint8Array(12).fill(2) },
    { name: 'blk.0.attn_q.weight', shape: [4, 32], kind: 3, data: new Uint8Array(80).fill(3) },
    { name: 'strange', shape: [1, 256], kind: 12, data: new Uint8Array(144) },
  ],
};
const small = writeGguf(model);

function read(bytes: Uint8Array): Promise<GgufFile> {
  return readGguf(new MemoryByteSource(bytes, 'x.gguf'));
}

describe('readGguf', () => {
  it('reads every kind of value', async () => {
    const { metadata, version } = await read(small);
    assert.equal(version, 3);
    assert.deepEqual(Object.fromEntries(metadata), {
      'general.architecture': 'llama',
      u8: 200,
      i8: -3,
      u16: 65535,
      i16: -300,
      u32: 4_000_000_000,
      i32: -70_000,
      f32: 0.5,
      bool: true,
      u64: 2 ** 40,
      large: 2n ** 63n,
      i64: -5,
      f64: 0.1,
      'tokenizer.ggml.tokens': ['<s>', 'ünï', '', 'x'],
      'tokenizer.ggml.token_type': new Int32Array([3, 1, 1, -1]),
      flags: [true, false],
      nested: [new Uint32Array([1, 2]), ['a']],
      none: [],
    });
  });

  it('turns the order of dimensions round and places the data, kinds that cannot be decoded included', async () => {
    const { tensors, dataOffset } = await read(small);
    assert.equal(dataOffset % 32, 0);
    const found = [...tensors.values()].map(({ name, dtype, shape, offset, bytes }) => [
      name,
      dtype,
      shape,
      offset - dataOffset,
      bytes,
    ]);
    assert.deepEqual(found, [
      ['token_embd.weight', 'Q8_0', [2, 32], 0, 68],
      ['blk.0.attn_norm.weight', 'F32', [3], 96, 12],
      ['blk.0.attn_q.weight', 'Q4_1', [4, 32], 128, 80],
      ['strange', 'Q4_K', [1, 256], 224, 144],
    ]);
    const { offset, bytes } = tensors.get('blk.0.attn_q.weight') ?? assert.fail();
    assert.deepEqual(new Set(small.subarray(offset, offset + bytes)), new Set([3]));
  });

  it('reads version 2 and another alignment', async () => {
    const metadata = { 'general.alignment': { kind: 4, value: 128 } };
    const bytes = writeGguf({ version: 2, metadata, tensors: model.tensors, alignment: 128 });
    const { version, dataOffset, tensors } = await read(bytes);
    assert.deepEqual([version, dataOffset % 128, tensors.size], [2, 0, 4]);
  });

  it('reads metadata longer than the first piece that is read', async () => {
    const value = Array.from({ length: 3 }, (_, i) => String(i).repeat(2_000_000));
    const { metadata } = await read(writeGguf({ metadata: { long: { kind: 9, items: 8, value } }, tensors: [] }));
    assert.deepEqual(metadata.get('long'), value);
  });

  it('refuses every truncation', async () => {
    const { tensors } = await read(small);
    const last = tensors.get('strange') ?? assert.fail();
    for (let length = 0; length < last.offset + last.bytes; length++) {
      await rejects(() => read(small.subarray(0, length)), 'format', /x\.gguf/);
    }
  });

  it('refuses counts that the file cannot hold before anything is allocated', async () => {
    const huge = 2n ** 62n;
    const cases: readonly (readonly [offset: number, value: bigint])[] = [
      [8, huge],
      [16, huge],
      [8, 2n ** 40n],
      [16, 1_000_000n],
      [24, huge],
      [24, 2n ** 31n],
    ];
    for (const [offset, value] of cases) {
      const bytes = Buffer.from(small);
      bytes.writeBigUInt64LE(value, offset);
      await rejects(() => read(new Uint8Array(bytes)), 'format');
    }
    for (const items of [0, 4, 8, 9, 12]) {
      const bytes = Buffer.from(writeGguf({ metadata: { a: { kind: 9, items, value: [] } }, tensors: [] }));
      bytes.writeBigUInt64LE(2n ** 33n, 24 + 9 + 4 + 4);
      await rejects(() => read(new Uint8Array(bytes)), 'format', /more than/);
    }
  });

  it('refuses another magic number, other versions, big-endian files and split models by name', async () => {
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = Buffer.from(small);
      bytes.writeUInt32LE(value, at);
      return new Uint8Array(bytes);
    };
    await rejects(() => read(changed(0, 0x12345678)), 'format', /not a GGUF file/);
    await rejects(() => read(changed(4, 1)), 'format', /version 1/);
    await rejects(() => read(changed(4, 0x03000000)), 'format', /big-endian/);
    const split = writeGguf({ metadata: { 'split.count': { kind: 2, value: 3 } }, tensors: [] });
    await rejects(() => read(split), 'unsupported', /split/);
  });

  it('refuses repeated keys and tensors, overlapping data and rows that do not fill blocks', async () => {
    const [first] = model.tensors;
    const twice = writeGguf({ metadata: {}, tensors: [first, first] });
    await rejects(() => read(twice), 'format', /token_embd\.weight.*twice/);
    const keys = Buffer.from(
      writeGguf({ metadata: { ab: { kind: 0, value: 1 }, ac: { kind: 0, value: 1 } }, tensors: [] }),
    );
    keys.write('b', 24 + 8 + 2 + 4 + 1 + 8 + 1);
    await rejects(() => read(new Uint8Array(keys)), 'format', /"ab" occurs twice/);
    const overlapping = Buffer.from(writeGguf({ metadata: {}, tensors: [first, { ...first, name: 'other' }] }));
    const secondOffset = overlapping.indexOf('other') + 5 + 4 + 16 + 4;
    overlapping.writeBigUInt64LE(32n, secondOffset);
    await rejects(() => read(new Uint8Array(overlapping)), 'format', /overlap/);
    overlapping.writeBigUInt64LE(33n, secondOffset);
    await rejects(() => read(new Uint8Array(overlapping)), 'format', /multiple of 32/);
    const odd = writeGguf({
      metadata: {},
      tensors: [{ name: 'odd', shape: [2, 33], kind: 3, data: new Uint8Array(64) }],
    });
    await rejects(() => read(odd), 'format', /blocks of 32/);
  });

  it(`gives an error or a reading that agrees with the bytes after each of ${mutationCount} mutations`, async function () {
    this.timeout(240_000);
    const random = seededRandom(3);
    const { dataOffset } = await read(small);
    let readings = 0;
    for (let i = 0; i < mutationCount; i++) {
      const bytes = mutateBytes(small, random, dataOffset);
      try {
        const gguf = await read(bytes);
        assertAgrees(gguf, bytes);
        readings++;
      } catch (error) {
        if (!(error instanceof AlidadeError) || (error.code !== 'format' && error.code !== 'unsupported')) throw error;
      }
    }
    assert.ok(0 < readings && readings < mutationCount, `${readings} readings`);
  });
});

describe('mapGgufTensors', () => {
  const entry = (name: string) => ({ name, dtype: 'F32', shape: [4, 2], file: 'x', offset: 0, bytes: 32 });
  const names = [
    'token_embd.weight',
    'blk.11.attn_q.weight',
    'blk.11.attn_k.bias',
    'blk.0.ffn_down.weight',
    'blk.0.other.weight',
  ];

  it('gives the names of transformers and marks rotated rows of llama', () => {
    const mapped = mapGgufTensors(names.map(entry), { names: llamaGgufNames, headCount: 2, keyValueHeadCount: 1 });
    assert.deepEqual(
      [...mapped.values()].map(({ name, interleavedHeads }) => [name, interleavedHeads]),
      [
        ['model.embed_tokens.weight', undefined],
        ['model.layers.11.self_attn.q_proj.weight', 2],
        ['model.layers.11.self_attn.k_proj.bias', 1],
        ['model.layers.0.mlp.down_proj.weight', undefined],
        ['blk.0.other.weight', undefined],
      ],
    );
  });

  it('leaves the rows of qwen2 alone, whose converter does not permute them', () => {
    const mapped = mapGgufTensors(names.map(entry), { names: plainGgufNames, headCount: 2, keyValueHeadCount: 1 });
    assert.ok([...mapped.values()].every(({ interleavedHeads }) => interleavedHeads === undefined));
  });
});

/** A second, plain reading of the same bytes. */
function assertAgrees(gguf: GgufFile, bytes: Uint8Array): void {
  const buffer = Buffer.from(bytes);
  let at = 4;
  const u32 = (): number => buffer.readUInt32LE((at += 4) - 4);
  const u64 = (): bigint => buffer.readBigUInt64LE((at += 8) - 8);
  const text = (): string => {
    const length = Number(u64());
    return buffer.toString('utf8', at, (at += length));
  };
  const scalars: Record<number, () => unknown> = {
    0: () => buffer.readUInt8(at++),
    1: () => buffer.readInt8(at++),
    2: () => buffer.readUInt16LE((at += 2) - 2),
    3: () => buffer.readInt16LE((at += 2) - 2),
    4: u32,
    5: () => buffer.readInt32LE((at += 4) - 4),
    6: () => buffer.readFloatLE((at += 4) - 4),
    7: () => buffer.readUInt8(at++) !== 0,
    8: text,
    10: () => narrow(u64()),
    11: () => narrow(buffer.readBigInt64LE((at += 8) - 8)),
    12: () => buffer.readDoubleLE((at += 8) - 8),
  };
  const value = (kind: number): unknown => {
    if (kind !== 9) return scalars[kind]();
    const items = u32();
    return Array.from({ length: Number(u64()) }, () => value(items));
  };
  assert.equal(gguf.version, u32());
  const tensorCount = Number(u64());
  const keyCount = Number(u64());
  const metadata = Array.from({ length: keyCount }, () => [text(), value(u32())] as const);
  assert.deepEqual(plain([...gguf.metadata]), metadata);
  const described = Array.from({ length: tensorCount }, () => {
    const name = text();
    const shape = Array.from({ length: u32() }, () => Number(u64())).reverse();
    u32();
    return { name, shape, offset: Number(u64()) };
  });
  const found = [...gguf.tensors.values()].map(({ name, shape, offset }) => ({
    name,
    shape,
    offset: offset - gguf.dataOffset,
  }));
  assert.deepEqual(found, described);
  for (const { offset, bytes: count } of gguf.tensors.values())
    assert.ok(at <= offset && offset + count <= bytes.length);
}

function narrow(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Typed arrays as lists, 64-bit items as the plain reading has them. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) {
    return Array.from(value as unknown as ArrayLike<number | bigint>, (item) =>
      typeof item === 'bigint' ? narrow(item) : item,
    );
  }
  return Array.isArray(value) ? value.map(plain) : value;
}
