import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { JobContext } from '../../../src/core/jobContext';
import { openCheckpoint } from '../../../src/engine/checkpoint/openCheckpoint';
import { prepareWeights } from '../../../src/engine/onnx/prepareWeights';
import type { StoredTensor, StoredWeight } from '../../../src/engine/onnx/storedWeight';
import { decoded, toBf16, toF16 } from '../../fixtures/halfPrecision';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyLlamaConfig, tinyTensors, writeTinyCheckpoint } from '../../fixtures/tinyCheckpoint';
import type { TensorToWrite } from '../../fixtures/writeSafetensors';

const source = tinyTensors(tinyLlamaConfig);
const wanted = source.map(({ name }) => ({ name, role: 'plain' as const }));
/** F16, BF16 and F32 in turn. */
const mixed = source.map((tensor, index) => [toF16, toBf16, (same: TensorToWrite) => same][index % 3](tensor));

/** Everything in F32: where the values of each tensor lie. */
async function prepare(folder: string, context: JobContext = quietContext()): Promise<Map<string, StoredTensor>> {
  const checkpoint = await openCheckpoint(folder, quietContext());
  const { weights, loss } = await prepareWeights({ checkpoint, wanted, dtype: 'f32' }, context);
  assert.equal(loss, null);
  return new Map([...weights].map(([name, weight]) => [name, denseOf(weight)]));
}

function denseOf(weight: StoredWeight | undefined): StoredTensor {
  assert.ok(weight?.kind === 'dense');
  return weight.values;
}

function valuesAt({ file, offset, length }: StoredTensor): Float32Array {
  const bytes = readFileSync(file).subarray(offset, offset + length);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

describe('prepareWeights', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const cached = (): string[] => {
    const path = join(process.env['ALIDADE_CACHE'] ?? '', 'weights');
    return existsSync(path) ? readdirSync(path) : [];
  };
  let earlier: string[] = [];
  const added = (): string[] => cached().filter((name) => !earlier.includes(name));
  beforeEach(() => {
    earlier = cached();
  });

  it('leaves F32 weights in their own file and makes no copy', async () => {
    writeTinyCheckpoint({ folder: folder() });
    const places = await prepare(folder());
    const file = realpathSync(join(folder(), 'model.safetensors'));
    for (const { name, shape, data } of source) {
      const place = places.get(name);
      assert.equal(place?.file, file);
      assert.deepEqual(place.shape, shape);
      assert.deepEqual(valuesAt(place), data);
    }
    assert.deepEqual(added(), []);
  });

  it('converts F16 and BF16 exactly, once, and leaves the F32 tensors beside them where they are', async () => {
    writeTinyCheckpoint({ folder: folder(), tensors: mixed });
    const places = await prepare(folder());
    const [name, ...others] = added();
    assert.match(name, /-f32-[0-9a-f]{12}\.safetensors$/);
    assert.deepEqual(others, []);
    for (const tensor of mixed) {
      const place = places.get(tensor.name) as StoredTensor;
      const isF32 = tensor.dtype === undefined;
      assert.equal(place.file.includes('-f32-'), !isF32, tensor.name);
      assert.equal(place.offset % 4, 0);
      assert.deepEqual(valuesAt(place), isF32 ? tensor.data : decoded(tensor), tensor.name);
    }
    const path = places.get(mixed[0].name)?.file ?? '';
    const { ino } = statSync(path);
    await prepare(folder());
    assert.equal(statSync(path).ino, ino);
  });

  it('refuses names that are not there', async () => {
    writeTinyCheckpoint({ folder: folder() });
    const checkpoint = await openCheckpoint(folder(), quietContext());
    await rejects(
      () =>
        prepareWeights(
          { checkpoint, wanted: [...wanted, { name: 'other.weight', role: 'linear' }], dtype: 'f32' },
          quietContext(),
        ),
      'weights',
      /other\.weight/,
    );
  });

  it('leaves nothing behind when cancelled half-way, and works afterwards', async () => {
    writeTinyCheckpoint({ folder: folder(), tensors: mixed });
    const job = new AbortController();
    let steps = 0;
    const context = { ...quietContext(job.signal), progress: () => ++steps === 3 && job.abort() };
    await rejects(() => prepare(folder(), context), 'cancelled');
    assert.equal(steps, 3);
    assert.deepEqual(added(), []);
    const place = (await prepare(folder())).get(mixed[1].name) as StoredTensor;
    assert.deepEqual(valuesAt(place), decoded(mixed[1]));
  });

  it('makes a file of the wrong length again', async () => {
    writeTinyCheckpoint({ folder: folder(), tensors: mixed });
    const place = (await prepare(folder())).get(mixed[0].name) as StoredTensor;
    const whole = readFileSync(place.file);
    for (const broken of [whole.subarray(0, whole.length - 4), new Uint8Array(0), Buffer.concat([whole, whole])]) {
      writeFileSync(place.file, broken);
      await prepare(folder());
      assert.ok(readFileSync(place.file).equals(whole));
    }
  });

  it('gives another file to a checkpoint that has changed', async () => {
    writeTinyCheckpoint({ folder: folder(), tensors: mixed });
    await prepare(folder());
    const changed = mixed.map((tensor) =>
      tensor.dtype === 'F16' ? { ...tensor, data: new Uint8Array((tensor.data as Uint8Array).length) } : tensor,
    );
    // Another size of file: the fingerprint looks at names, sizes and times, not at every weight.
    writeTinyCheckpoint({ folder: folder(), tensors: [...changed, { name: 'model.rotary.inv_freq', shape: [2] }] });
    const place = (await prepare(folder())).get(mixed[0].name) as StoredTensor;
    assert.equal(added().length, 2);
    assert.ok(valuesAt(place).every((value) => value === 0));
  });

  it('makes a file again whose header is damaged', async () => {
    writeTinyCheckpoint({ folder: folder(), tensors: mixed });
    const place = (await prepare(folder())).get(mixed[0].name) as StoredTensor;
    const whole = readFileSync(place.file);
    for (const at of [3, 8, 40, 200]) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 0xff;
      writeFileSync(place.file, damaged);
      assert.deepEqual(valuesAt((await prepare(folder())).get(mixed[0].name) as StoredTensor), decoded(mixed[0]));
    }
  });

  it('converts only what no earlier file has, whatever was asked for first', async () => {
    writeTinyCheckpoint({ folder: folder(), tensors: mixed });
    const checkpoint = await openCheckpoint(folder(), quietContext());
    const ask = async (some: typeof wanted): Promise<Map<string, StoredWeight>> =>
      (await prepareWeights({ checkpoint, wanted: some, dtype: 'f32' }, quietContext())).weights;
    const first = await ask(wanted.slice(0, 7));
    assert.equal(added().length, 1);
    assert.deepEqual(await ask(wanted.slice(2, 5)), new Map([...first].slice(2, 5)));
    assert.equal(added().length, 1);
    const all = await ask(wanted);
    assert.equal(added().length, 2);
    for (const [name, weight] of first) assert.deepEqual(all.get(name), weight);
    for (const tensor of mixed) {
      const expected = tensor.dtype === undefined ? tensor.data : decoded(tensor);
      assert.deepEqual(valuesAt(denseOf(all.get(tensor.name))), expected, tensor.name);
    }
    await ask(wanted);
    assert.equal(added().length, 2);
  });

  it('keeps the files of two dtypes apart, and a tensor in two roles', async () => {
    const config = { ...tinyLlamaConfig, hidden_size: 32, intermediate_size: 64 };
    writeTinyCheckpoint({ folder: folder(), config, tensors: tinyTensors(config).map(toBf16) });
    const checkpoint = await openCheckpoint(folder(), quietContext());
    const name = 'model.layers.0.mlp.up_proj.weight';
    const kinds = [];
    for (const [role, dtype] of [
      ['linear', 'int4'],
      ['linear', 'int8'],
      ['linear', 'f32'],
      ['embedding', 'int4'],
    ] as const) {
      const { weights } = await prepareWeights({ checkpoint, wanted: [{ name, role }], dtype }, quietContext());
      const weight = weights.get(name);
      kinds.push(weight?.kind === 'blocks' ? weight.bits : weight?.kind);
    }
    assert.deepEqual(kinds, [4, 'channels', 'dense', 8]);
    assert.equal(added().length, 4);
  });

  it('says what was lost, each weight counted, the same from the cache', async () => {
    const config = { ...tinyLlamaConfig, hidden_size: 32, intermediate_size: 64 };
    writeTinyCheckpoint({ folder: folder(), config, tensors: tinyTensors(config).map(toBf16) });
    const checkpoint = await openCheckpoint(folder(), quietContext());
    const [up, down, norm] = ['mlp.up_proj', 'mlp.down_proj', 'input_layernorm'].map(
      (part) => `model.layers.0.${part}.weight`,
    );
    const lossOf = async (...names: readonly string[]): Promise<number | null> => {
      const some = names.map((name) => ({ name, role: name === norm ? ('plain' as const) : ('linear' as const) }));
      return (await prepareWeights({ checkpoint, wanted: some, dtype: 'int4' }, quietContext())).loss;
    };
    const [upLoss, downLoss] = [(await lossOf(up)) ?? 0, (await lossOf(down)) ?? 0];
    // Weights between −0.5 and 0.5 in sixteenths of that: an even error of 1/15/√12, against √(1/12).
    for (const loss of [upLoss, downLoss]) assert.ok(0.04 < loss && loss < 0.08, `${loss}`);
    assert.equal(await lossOf(norm), null);
    // 2,048 weights each, and 32 that lose nothing.
    const together = ((upLoss + downLoss) * 2048) / (2 * 2048 + 32);
    assert.ok(Math.abs(((await lossOf(up, down, norm)) ?? 0) - together) < 1e-6);
    assert.equal(added().length, 3);
  });

  it('gives two processes that convert at once the same complete file', async function () {
    this.timeout(30_000);
    writeTinyCheckpoint({ folder: folder(), tensors: mixed });
    const script = join(folder(), 'convert.cjs');
    await build({
      stdin: {
        contents: `
          import { openCheckpoint } from './src/engine/checkpoint/openCheckpoint';
          import { prepareWeights } from './src/engine/onnx/prepareWeights';
          const ignore = () => undefined;
          const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
          const context = { signal: new AbortController().signal, progress: ignore, logger };
          process.stdin.once('data', async () => {
            const checkpoint = await openCheckpoint(process.argv[2], context);
            const wanted = [...checkpoint.tensors.keys()].map((name) => ({ name, role: 'plain' }));
            const { weights } = await prepareWeights({ checkpoint, wanted, dtype: 'f32' }, context);
            process.stdout.write(JSON.stringify([...weights]));
            process.exit(0);
          });
          process.stdout.write('ready');`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      logLevel: 'silent',
      outfile: script,
    });
    const children = [0, 1].map(() => {
      const child = spawn(process.execPath, [script, folder()], { stdio: ['pipe', 'pipe', 'inherit'] });
      let output = '';
      const ready = new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          if (output.startsWith('ready')) resolve();
        });
      });
      const ended = new Promise<string>((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`ended with ${code}`))));
      });
      return { ready, ended, start: () => child.stdin.end('go') };
    });
    await Promise.all(children.map(({ ready }) => ready));
    for (const { start } of children) start();
    const [left, right] = await Promise.all(children.map(({ ended }) => ended));
    assert.equal(left, right);
    assert.equal(added().length, 1);
    const places = await prepare(folder());
    for (const tensor of mixed.filter(({ dtype }) => dtype !== undefined)) {
      assert.deepEqual(valuesAt(places.get(tensor.name) as StoredTensor), decoded(tensor));
    }
  });
});
