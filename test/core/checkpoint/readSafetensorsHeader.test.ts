import assert from 'node:assert/strict';
import { FormatError } from '../../../src/core/formatError';
import { readSafetensorsHeader, type SafetensorsHeader } from '../../../src/core/checkpoint/readSafetensorsHeader';
import { safetensorsDtypeBits } from '../../../src/core/checkpoint/safetensorsDtype';
import { MemoryByteSource } from '../../fixtures/memoryByteSource';
import { mutateBytes, mutationCount } from '../../fixtures/mutateBytes';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { joinSafetensors, writeSafetensors } from '../../fixtures/writeSafetensors';

const small = writeSafetensors({
  metadata: { format: 'pt', note: 'a "quoted" word, ünïcode' },
  tensors: [
    { name: 'a.weight', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
    { name: 'b', dtype: 'BF16', shape: [4] },
    { name: 'empty', shape: [0, 5], data: [] },
    { name: 'c\\d"e', dtype: 'I64', shape: [], data: new Uint8Array(8) },
  ],
});

function read(bytes: Uint8Array): Promise<SafetensorsHeader> {
  return readSafetensorsHeader(new MemoryByteSource(bytes, 'x.safetensors'));
}

function readText(header: string, dataLength = 0): Promise<SafetensorsHeader> {
  return read(joinSafetensors(header, [new Uint8Array(dataLength)]));
}

describe('readSafetensorsHeader', () => {
  it('reads back names, dtypes, shapes, offsets and metadata', async () => {
    const { tensors, metadata, dataOffset } = await read(small);
    const file = 'x.safetensors';
    assert.deepEqual(
      [...tensors.values()],
      [
        { name: 'a.weight', dtype: 'F32', shape: [2, 3], file, offset: dataOffset, bytes: 24 },
        { name: 'b', dtype: 'BF16', shape: [4], file, offset: dataOffset + 24, bytes: 8 },
        { name: 'empty', dtype: 'F32', shape: [0, 5], file, offset: dataOffset + 32, bytes: 0 },
        { name: 'c\\d"e', dtype: 'I64', shape: [], file, offset: dataOffset + 32, bytes: 8 },
      ],
    );
    assert.equal(metadata.get('note'), 'a "quoted" word, ünïcode');
    assert.equal(dataOffset + 40, small.length);
  });

  it('lists every dtype of the format, the packed ones in whole bytes', async () => {
    const dtypes =
      'F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL C64 F8_E4M3 F8_E5M2 F8_E8M0 F4 F6_E2M3 F6_E3M2'.split(' ');
    for (const dtype of dtypes) {
      const bytes = safetensorsDtypeBits(dtype) ?? assert.fail(dtype);
      const header = await readText(JSON.stringify({ t: { dtype, shape: [2, 4], data_offsets: [0, bytes] } }), bytes);
      assert.equal(header.tensors.get('t')?.dtype, dtype);
    }
  });

  it('refuses every truncation', async () => {
    for (let length = 0; length < small.length; length++) {
      const error = await rejects(() => read(small.subarray(0, length)), 'format');
      assert.ok(error instanceof FormatError && error.file === 'x.safetensors');
    }
  });

  const entry = (rest: string): string => `{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]${rest}}`;
  const refusals: readonly (readonly [what: string, header: string, dataLength: number, message: RegExp])[] = [
    ['a header that is a list', '[]', 0, /does not begin with/],
    [
      'a repeated name',
      `${entry('}')},"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`.replace('}},', '},'),
      8,
      /tensor t.*twice/,
    ],
    ['a repeated key of a tensor', entry(',"dtype":"F32"}'), 8, /repeated key "dtype"/],
    ['an unknown key of a tensor', entry(',"stride":[1]}'), 8, /unexpected or repeated key "stride"/],
    ['an unknown dtype', '{"t":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}', 8, /unknown dtype "F33"/],
    [
      'a dtype that is a property of every object',
      '{"t":{"dtype":"constructor","shape":[2],"data_offsets":[0,8]}}',
      8,
      /unknown dtype/,
    ],
    ['a missing shape', '{"t":{"dtype":"F32","data_offsets":[0,8]}}', 8, /no shape/],
    ['a negative dimension', '{"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}', 8, /not a whole number/],
    ['a fraction', '{"t":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}', 8, /not a whole number/],
    ['an exponent', '{"t":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', 8, /not a whole number/],
    ['a number above 2^53', '{"t":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}}', 8, /above 2\^53/],
    [
      'a shape whose product overflows',
      '{"t":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
      0,
      /too large/,
    ],
    [
      'a shape that needs other bytes',
      '{"t":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}',
      8,
      /needs 12 bytes, data_offsets give 8/,
    ],
    ['half a byte', '{"t":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}', 2, /whole bytes/],
    ['offsets that run backwards', '{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}', 8, /backwards/],
    ['offsets outside the file', '{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 7, /the file has 7 bytes/],
    ['three offsets', '{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}', 8, /more than 2/],
    ['a hole before a tensor', '{"t":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}', 12, /belong to no tensor/],
    ['bytes after the last tensor', entry('}}').slice(0, -1), 12, /after the last tensor/],
    [
      'tensors that overlap',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
      12,
      /tensor b.*overlap/,
    ],
    ['metadata that are not texts', '{"__metadata__":{"a":1}}', 0, /a string expected/],
    ['deep nesting', `{"__metadata__":${'['.repeat(5000)}`, 0, /an object expected/],
    ['text after the header', '{} {}', 0, /after the end/],
  ];
  for (const [what, header, dataLength, message] of refusals) {
    it(`refuses ${what}`, async () => {
      await rejects(() => readText(header, dataLength), 'format', message);
    });
  }

  it('reads nothing when the header is longer than the file or the format allows', async () => {
    for (const length of [2n ** 64n - 1n, 2n ** 63n, 100_000_001n, 1000n]) {
      const bytes = Buffer.alloc(64);
      bytes.writeBigUInt64LE(length);
      const source = new MemoryByteSource(new Uint8Array(bytes));
      await rejects(() => readSafetensorsHeader(source), 'format');
      assert.equal(source.largestRead, 8);
    }
  });

  it(`gives a format error or a reading that agrees with the bytes after each of ${mutationCount} mutations`, async function () {
    this.timeout(120_000);
    const random = seededRandom(1);
    const { dataOffset } = await read(small);
    let readings = 0;
    for (let i = 0; i < mutationCount; i++) {
      const bytes = mutateBytes(small, random, dataOffset);
      try {
        const header = await read(bytes);
        assertAgrees(header, bytes);
        readings++;
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
    assert.ok(0 < readings && readings < mutationCount / 2, `${readings} readings`);
  });
});

/** Compared with the language's own JSON parser on the same bytes. */
function assertAgrees(header: SafetensorsHeader, bytes: Uint8Array): void {
  const buffer = Buffer.from(bytes);
  const length = Number(buffer.readBigUInt64LE());
  assert.equal(header.dataOffset, 8 + length);
  const json = JSON.parse(buffer.toString('utf8', 8, 8 + length)) as Record<string, Record<string, unknown>>;
  const { __metadata__: metadata, ...tensors } = json;
  assert.deepEqual(Object.fromEntries(header.metadata), { ...metadata });
  const described = [...header.tensors.values()].map(({ name, dtype, shape, offset, bytes: count }) => {
    const begin = offset - header.dataOffset;
    return [name, { dtype, shape, data_offsets: [begin, begin + count] }] as const;
  });
  assert.deepEqual(Object.fromEntries(described), tensors);
}
