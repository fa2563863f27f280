import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorEntry } from '../../../src/core/checkpoint/tensorEntry';
import { countNonFinite } from '../../../src/core/merging/countNonFinite';
import type { PlannedSource } from '../../../src/core/merging/plan/mergePlan';
import { readDtypeOf } from '../../../src/core/merging/plan/tensorMergeOf';
import { SourceReader } from '../../../src/engine/merging/sourceReader';
import { assertClose } from '../../fixtures/assertClose';
import { toBf16 } from '../../fixtures/halfPrecision';
import { seededRandom } from '../../fixtures/seededRandom';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

describe('SourceReader', () => {
  const folder = useTemporaryFolder();

  function write(
    name: string,
    shape: readonly number[],
    dtype: 'F32' | 'BF16' = 'F32',
  ): TensorEntry & { readonly values: Float32Array } {
    const random = seededRandom(name.length + shape[0]);
    // Few digits, so that BF16 holds them.
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (random.below(255) - 127) / 64);
    const bytes = dtype === 'F32' ? new Uint8Array(data.buffer) : (toBf16({ name, shape, data }).data as Uint8Array);
    const file = join(folder(), `${name}.bin`);
    writeFileSync(file, Buffer.concat([Buffer.alloc(24), bytes]));
    return { name, dtype, shape, file, offset: 24, bytes: bytes.length, values: data };
  }

  const sourceOf = (tensor: TensorEntry): PlannedSource => ({
    model: 0,
    tensor,
    weight: null,
    parameters: {},
    rows: null,
  });

  /** Values `start …` as the reader gives them, in F32. */
  function read(source: PlannedSource, dtype: 'F32' | 'BF16', start: number, count: number): Float32Array {
    const open = new Map<string, number>();
    const reader = new SourceReader(source, dtype, (path) => {
      const known = open.get(path) ?? openSync(path, 'r');
      open.set(path, known);
      return known;
    });
    const bytes = new Uint8Array(count * (dtype === 'F32' ? 4 : 2));
    reader.read(start, bytes);
    for (const descriptor of open.values()) closeSync(descriptor);
    if (dtype === 'F32') return new Float32Array(bytes.buffer);
    const words = Uint32Array.from(new Uint16Array(bytes.buffer), (half) => half << 16);
    return new Float32Array(words.buffer);
  }

  it('gives any range of a tensor as it is stored', () => {
    const entry = write('plain', [7, 5], 'BF16');
    for (const [start, count] of [
      [0, 35],
      [3, 1],
      [34, 1],
      [6, 17],
    ] as const) {
      assert.deepEqual(read(sourceOf(entry), 'BF16', start, count), entry.values.slice(start, start + count));
    }
  });

  it('adds an adapter, the same wherever a range begins and ends', () => {
    const [w, a, b] = [write('w', [40, 300], 'BF16'), write('a', [3, 300]), write('bb', [40, 3])];
    const entry: TensorEntry = { ...w, adapter: { a, b, rank: 3, scale: 0.5, isTransposed: false, magnitude: null } };
    const expected = w.values.map((value, i) => {
      const [row, column] = [Math.floor(i / 300), i % 300];
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += b.values[row * 3 + k] * a.values[k * 300 + column];
      return value + 0.5 * sum;
    });
    const source = sourceOf(entry);
    assert.equal(readDtypeOf(source, 'exact'), 'F32');
    const all = read(source, 'F32', 0, expected.length);
    assertClose(all, expected, { tolerance: 1e-6 });
    for (const [start, count] of [
      [1, 2],
      [299, 2],
      [700, 5000],
    ] as const) {
      assert.deepEqual(read(source, 'F32', start, count), all.slice(start, start + count));
    }
    assert.equal(readDtypeOf(source, 'mergekit'), 'BF16');
    for (const [i, value] of read(source, 'BF16', 0, expected.length).entries()) {
      assert.ok(Math.abs(value - expected[i]) <= Math.abs(expected[i]) / 256, `value ${i}: ${value}, ${expected[i]}`);
    }
  });

  it('counts values that are no finite numbers', () => {
    const words = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint16Array.from(values).buffer);
    assert.deepEqual(countNonFinite(words(0x7f80, 0xff80, 0x7fc0, 0x7f7f, 0xff7f), 'BF16'), { nan: 1, infinite: 2 });
    assert.deepEqual(countNonFinite(words(0x7c00, 0x7bff, 0xfe00, 0x0001), 'F16'), { nan: 1, infinite: 1 });
    const floats = new Uint8Array(Float32Array.of(NaN, -Infinity, 3e38, 0, 1).buffer);
    assert.deepEqual(countNonFinite(floats, 'F32'), { nan: 1, infinite: 1 });
    assert.deepEqual(countNonFinite(words(0xffff, 0xffff), 'I16'), { nan: 0, infinite: 0 });
    const random = seededRandom(5);
    for (let round = 0; round < 200; round += 1) {
      const halves = Array.from({ length: 1 + random.below(9) }, () => random.below(0x7f80) | (random.below(2) << 15));
      assert.deepEqual(countNonFinite(words(...halves), 'BF16'), { nan: 0, infinite: 0 });
      const place = random.below(halves.length);
      assert.deepEqual(countNonFinite(words(...halves.with(place, 0xff80)), 'BF16'), { nan: 0, infinite: 1 });
    }
  });
});
