import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { decodeTensor } from '../../../src/core/checkpoint/decodeTensor';
import type { TensorEntry } from '../../../src/core/checkpoint/tensorEntry';
import type { JobContext, Progress } from '../../../src/core/jobContext';
import { layOutWeightFile } from '../../../src/core/quantisation/weightFile';
import { chooseWeightFormat } from '../../../src/core/quantisation/weightFormat';
import type { WeightDtype, WeightRole } from '../../../src/core/quantisation/weightFormat';
import { splitIntoTasks } from '../../../src/engine/onnx/conversionTask';
import { convertWeights } from '../../../src/engine/onnx/convertWeights';
import type { PlannedWeight } from '../../../src/engine/onnx/convertWeights';
import { assertClose } from '../../fixtures/assertClose';
import { quietContext } from '../../fixtures/quietContext';
import { randomTensorBytes } from '../../fixtures/randomTensorBytes';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

/** A name, a dtype, a shape, what it is for, and heads whose rows are interleaved. `wide` is more than is read at once. */
const tensors: readonly (readonly [string, string, readonly number[], WeightRole, heads?: number])[] = [
  ['table', 'BF16', [300, 256], 'embedding'],
  ['wide', 'BF16', [2500, 1024], 'linear'],
  ['interleaved', 'BF16', [256, 128], 'linear', 8],
  ['odd', 'F16', [100, 33], 'linear'],
  ['turned', 'F16', [128, 96], 'conv1d'],
  ['norm', 'BF16', [256], 'plain'],
  ['blocks', 'Q4_1', [30, 512], 'linear'],
];

describe('convertWeights', function () {
  this.timeout(30_000);
  const folder = useTemporaryFolder();
  let built = '';
  const worker = (): string => join(built, 'weightWorker.js');
  before(async () => {
    built = mkdtempSync(join(tmpdir(), 'alidade-worker-'));
    await build({
      entryPoints: ['src/engine/onnx/weightWorker.ts'],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
      outfile: worker(),
    });
  });
  after(() => rmSync(built, { recursive: true, force: true }));

  const known = new Map<string, Uint8Array>();
  function plan(dtype: WeightDtype, spoil: (bytes: Uint8Array, name: string) => void = () => undefined) {
    return tensors.map(([name, stored, shape, role, heads]): PlannedWeight => {
      const elements = shape.reduce((product, size) => product * size, 1);
      const original = known.get(name) ?? randomTensorBytes(stored, elements);
      known.set(name, original);
      const bytes = original.slice();
      spoil(bytes, name);
      const file = join(folder(), `${name}.bin`);
      writeFileSync(file, bytes);
      const entry: TensorEntry = {
        name,
        dtype: stored,
        shape,
        file,
        offset: 0,
        bytes: bytes.length,
        ...(heads === undefined ? {} : { interleavedHeads: heads }),
      };
      const format = chooseWeightFormat(entry, role, dtype);
      return { entry, format, isTransposed: role === 'conv1d' && format.kind !== 'dense', inputFactors: null };
    });
  }

  interface Conversion {
    readonly planned: readonly PlannedWeight[];
    readonly dtype: WeightDtype;
    readonly workerFile: string | null;
    readonly context?: JobContext;
  }

  async function convert({ planned, dtype, workerFile, context = quietContext() }: Conversion): Promise<Buffer> {
    const layout = layOutWeightFile(
      planned.map(({ entry: { name, shape }, format, isTransposed }) => ({
        name,
        shape: isTransposed ? shape.toReversed() : shape,
        format,
      })),
    );
    const path = join(folder(), 'converted');
    const file = await open(path, 'w');
    try {
      await convertWeights({ planned, layout, file, dtype, workerFile }, context);
    } finally {
      await file.close();
    }
    return readFileSync(path);
  }

  for (const dtype of ['f32', 'f16', 'int8', 'int4'] as const) {
    it(`makes the same file of ${dtype} in threads as without them`, async () => {
      const planned = plan(dtype);
      const alone = await convert({ planned, dtype, workerFile: null });
      const together = await convert({ planned, dtype, workerFile: worker() });
      assert.ok(together.equals(alone));
    });
  }

  it('puts every row of a large tensor in its place', async () => {
    const planned = plan('f32').filter(({ entry }) => ['wide', 'interleaved'].includes(entry.name));
    const bytes = await convert({ planned, dtype: 'f32', workerFile: worker() });
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0)))) as Record<
      string,
      { readonly data_offsets: readonly [number, number] }
    >;
    for (const { entry } of planned) {
      const [from, to] = header[entry.name].data_offsets.map((offset) => offset + 8 + Number(bytes.readBigUInt64LE(0)));
      const values = new Float32Array(new Uint8Array(bytes.subarray(from, to)).buffer);
      assert.deepEqual(values, decodeTensor(readFileSync(entry.file), entry));
    }
  });

  it('adds an adapter to the rows of its tensor, in threads and without them', async () => {
    const write = (name: string, shape: readonly number[]): TensorEntry => {
      const file = join(folder(), `${name}.bin`);
      const bytes = randomTensorBytes('F32', shape[0] * shape[1]);
      writeFileSync(file, bytes);
      return { name, dtype: 'F32', shape, file, offset: 0, bytes: bytes.length };
    };
    const [plain] = plan('f32').filter(({ entry }) => entry.name === 'interleaved');
    const [a, b] = [write('a', [3, 128]), write('b', [256, 3])];
    const adapter = { a, b, rank: 3, scale: 2, isTransposed: false, magnitude: null };
    const entry: TensorEntry = { ...plain.entry, adapter };
    const expected = decodeTensor(readFileSync(entry.file), entry);
    const [left, right] = [b, a].map((part) => decodeTensor(readFileSync(part.file), part));
    for (let i = 0; i < expected.length; i++) {
      const [row, column] = [Math.floor(i / 128), i % 128];
      for (let k = 0; k < 3; k++) expected[i] += 2 * left[row * 3 + k] * right[k * 128 + column];
    }
    for (const workerFile of [worker(), null]) {
      const bytes = await convert({ planned: [{ ...plain, entry }], dtype: 'f32', workerFile });
      const found = new Float32Array(new Uint8Array(bytes.subarray(bytes.length - 4 * expected.length)).buffer);
      assertClose(found, expected, { tolerance: 1e-6 });
    }
  });

  it('cuts large tensors into tasks of whole heads and rows, and leaves whole what is turned round', () => {
    const entry = { name: 't', dtype: 'BF16', shape: [128_256, 4096], file: 'f', offset: 0, bytes: 128_256 * 4096 * 2 };
    const cut = (entry: TensorEntry, dtype: WeightDtype) => {
      const format = chooseWeightFormat(entry, 'linear', dtype);
      const [parts] = layOutWeightFile([{ ...entry, format }]).parts;
      return splitIntoTasks({ entry, format, parts, weight: 0, isTransposed: false, inputFactors: null });
    };
    for (const [tasks, rows, together] of [
      [cut(entry, 'int4'), 128_256, 1],
      [cut({ ...entry, interleavedHeads: 1002 }, 'f32'), 128_256, 128],
    ] as const) {
      assert.ok(8 < tasks.length);
      let next = 0;
      for (const task of tasks) {
        assert.equal(task.firstRow, next);
        assert.equal(task.rows % together, 0);
        assert.ok(task.rows * 4096 <= 2 ** 24);
        next += task.rows;
      }
      assert.equal(next, rows);
    }
    assert.deepEqual(
      cut(entry, 'int8').map(({ firstRow, rows }) => [firstRow, rows]),
      [[0, 128_256]],
    );
  });

  for (const where of ['threads', 'this thread']) {
    const workerFile = (): string | null => (where === 'threads' ? worker() : null);

    it(`refuses a weight that is no number in ${where}, and names the tensor and the place`, async () => {
      for (const [bits, shown] of [
        [0x7fc0, 'NaN'],
        [0x7f80, 'Infinity'],
        [0xff80, '-Infinity'],
      ] as const) {
        const planned = plan('int4', (bytes, name) => {
          if (name === 'wide') new DataView(bytes.buffer).setUint16(2 * (2200 * 1024 + 5), bits, true);
        });
        const error = await rejects(
          () => convert({ planned, dtype: 'int4', workerFile: workerFile() }),
          'weights',
          /wide\.bin, tensor wide: the weight in row 2200, column 5 is /,
        );
        assert.ok(error.message.endsWith(shown), error.message);
      }
    });

    it(`refuses a weight that F16 cannot hold in ${where}`, async () => {
      const planned = plan('f16', (bytes, name) => {
        if (name === 'norm') new DataView(bytes.buffer).setUint16(20, 0x4780, true); // 65536
      });
      await rejects(
        () => convert({ planned, dtype: 'f16', workerFile: workerFile() }),
        'weights',
        /tensor norm: the weight 65536 is too large for f16/,
      );
    });

    it(`says how far it is in ${where}, how fast and how much longer, up to the end`, async () => {
      const steps: Progress[] = [];
      const context = { ...quietContext(), progress: (step: Progress) => steps.push(step) };
      const planned = plan('int4');
      await convert({ planned, dtype: 'int4', workerFile: workerFile(), context });
      const total = planned.reduce((sum, { entry }) => sum + entry.bytes, 0);
      assert.ok(tensors.length <= steps.length);
      assert.deepEqual([steps.at(-1)?.done, steps.at(-1)?.total, steps.at(-1)?.secondsLeft], [total, total, 0]);
      for (const { message, perSecond, secondsLeft } of steps) {
        assert.equal(message, 'Converting weights to int4');
        assert.ok(0 < (perSecond ?? 0) && 0 <= (secondsLeft ?? -1));
      }
    });

    it(`stops in ${where} when cancelled`, async () => {
      const job = new AbortController();
      let steps = 0;
      const context = { ...quietContext(job.signal), progress: () => ++steps === 2 && job.abort() };
      const started = performance.now();
      await rejects(
        () => convert({ planned: plan('int4'), dtype: 'int4', workerFile: workerFile(), context }),
        'cancelled',
      );
      assert.ok(performance.now() - started < 10_000);
      const after = await convert({ planned: plan('int4'), dtype: 'int4', workerFile: workerFile() });
      assert.ok(after.equals(await convert({ planned: plan('int4'), dtype: 'int4', workerFile: worker() })));
    });

    it(`says in ${where} that a file has become shorter, or is gone`, async () => {
      const planned = plan('int4');
      const { file } = planned[1].entry;
      writeFileSync(file, readFileSync(file).subarray(0, 4_500_000));
      await rejects(
        () => convert({ planned, dtype: 'int4', workerFile: workerFile() }),
        'format',
        /wide\.bin, tensor wide, byte 4500000: the file became shorter/,
      );
      rmSync(file);
      await rejects(() => convert({ planned, dtype: 'int4', workerFile: workerFile() }), 'not_found', /wide\.bin/);
    });
  }
});
