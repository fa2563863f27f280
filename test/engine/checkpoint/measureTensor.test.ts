import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorStatistics } from '../../../src/core/checkpoint/tensorStatistics';
import { measureTensor } from '../../../src/engine/checkpoint/measureTensor';
import { readTensorFile } from '../../../src/engine/checkpoint/readTensorFile';
import { toBf16 } from '../../fixtures/halfPrecision';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeGguf } from '../../fixtures/writeGguf';
import { writeSafetensors, type TensorToWrite } from '../../fixtures/writeSafetensors';

describe('measureTensor', () => {
  const folder = useTemporaryFolder();

  async function measure(tensor: TensorToWrite): Promise<TensorStatistics> {
    const path = join(folder(), 'a.safetensors');
    writeFileSync(path, writeSafetensors({ tensors: [{ name: 'before', shape: [3] }, tensor] }));
    const { tensors } = await readTensorFile(path, quietContext());
    return measureTensor(tensors[1], quietContext());
  }

  it('gives the figures of the values, however many ranges they are read in', async () => {
    const random = seededRandom(5);
    const data = Float32Array.from({ length: 2 ** 18 + 1001 }, () => random.next() - 0.3);
    const statistics = await measure({ name: 'w', shape: [data.length], data });
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    const norm = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
    const isClose = (actual: number | null, wanted: number): void =>
      assert.ok(actual !== null && Math.abs(actual - wanted) <= 1e-12 * Math.abs(wanted), `${actual} ${wanted}`);
    isClose(statistics.mean, mean);
    isClose(statistics.standardDeviation, Math.sqrt(variance));
    isClose(statistics.norm, norm);
    assert.equal(
      statistics.min,
      data.reduce((least, value) => Math.min(least, value)),
    );
    assert.equal(statistics.values, data.length);
    const { histogram } = statistics;
    assert.ok(histogram !== null);
    assert.equal(
      histogram.counts.reduce((sum, count) => sum + count, histogram.below + histogram.above),
      data.length,
    );
    const width = (histogram.high - histogram.low) / histogram.counts.length;
    const third = data.filter(
      (value) => histogram.low + 3 * width <= value && value < histogram.low + 4 * width,
    ).length;
    assert.ok(Math.abs(histogram.counts[3] - third) <= 1);
  });

  it('counts zeros, NaN and infinities, and leaves them out of what they would spoil', async () => {
    const statistics = await measure({ name: 'w', shape: [6], data: [0, -0, NaN, Infinity, -Infinity, 3] });
    const { histogram, ...figures } = statistics;
    assert.deepEqual(figures, {
      values: 6,
      zeros: 2,
      nan: 1,
      infinite: 2,
      min: 0,
      max: 3,
      mean: 1,
      standardDeviation: Math.SQRT2,
      norm: 3,
    });
    assert.equal(
      histogram?.counts.reduce((sum, count) => sum + count, 0),
      3,
    );
  });

  it('draws nearly all values, and counts the outliers beside', async () => {
    const data = Float32Array.from({ length: 10_000 }, (_, index) => Math.sin(index));
    data[17] = 1000;
    const { histogram, max } = await measure({ name: 'w', shape: [100, 100], data });
    assert.equal(max, 1000);
    assert.ok(histogram !== null && histogram.high < 50);
    assert.deepEqual([histogram.below, histogram.above], [0, 1]);
  });

  it('measures constants, nothing at all, and tensors without a finite value', async () => {
    const constant = await measure({ name: 'w', shape: [5], data: [2, 2, 2, 2, 2] });
    assert.deepEqual(constant.histogram, { low: 2, high: 2, counts: [5], below: 0, above: 0 });
    assert.equal(constant.standardDeviation, 0);
    const empty = await measure({ name: 'w', shape: [0, 7] });
    assert.deepEqual([empty.values, empty.mean, empty.histogram], [0, null, null]);
    const hollow = await measure({ name: 'w', shape: [2], data: [NaN, NaN] });
    assert.deepEqual([hollow.nan, hollow.min, hollow.histogram], [2, null, null]);
  });

  it('reads BF16, integers and booleans', async () => {
    const values = Float32Array.of(1, 2, -4, 0.5);
    assert.equal((await measure(toBf16({ name: 'w', shape: [4], data: values }))).min, -4);
    const integers = new Uint8Array(BigInt64Array.of(2n ** 40n, -1n).buffer);
    assert.equal((await measure({ name: 'w', dtype: 'I64', shape: [2], data: integers })).max, 2 ** 40);
    const flags = Uint8Array.of(1, 0, 1, 1);
    assert.equal((await measure({ name: 'w', dtype: 'BOOL', shape: [4], data: flags })).mean, 0.75);
  });

  it('reads the blocks of GGUF', async () => {
    const path = join(folder(), 'a.gguf');
    // Q8_0: a scale in F16 (1.0 is 0x3c00), then 32 signed bytes.
    const block = (value: number): Uint8Array => Uint8Array.of(0x00, 0x3c, ...new Array<number>(32).fill(value));
    const tensor = { name: 'w', shape: [2, 32], kind: 8, data: Uint8Array.of(...block(3), ...block(5)) };
    writeFileSync(path, writeGguf({ metadata: {}, tensors: [tensor] }));
    const { tensors, metadata } = await readTensorFile(path, quietContext());
    const { mean, min, max, values } = await measureTensor(tensors[0], quietContext());
    assert.deepEqual([mean, min, max, values], [4, 3, 5, 64]);
    assert.deepEqual(metadata, [{ key: 'GGUF version', value: '3' }]);
  });

  it('refuses kinds that it cannot read, and stops when it is told to', async () => {
    await rejects(() => measure({ name: 'w', dtype: 'F8_E8M0', shape: [4] }), 'unsupported', /tensor w.*F8_E8M0/);
    const path = join(folder(), 'b.safetensors');
    writeFileSync(path, writeSafetensors({ tensors: [{ name: 'w', shape: [4] }] }));
    const { tensors } = await readTensorFile(path, quietContext());
    const controller = new AbortController();
    controller.abort();
    await rejects(() => measureTensor(tensors[0], quietContext(controller.signal)), 'cancelled');
  });
});
