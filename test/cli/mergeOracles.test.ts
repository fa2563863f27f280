import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedFolder } from '../fixtures/sharedFolder';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { runCli } from './runCli';

type Tolerance =
  | { readonly kind: 'exact' }
  | { readonly kind: 'ulp'; readonly max_ulp: number; readonly or_abs: number; readonly max_fraction: number }
  | { readonly kind: 'abs'; readonly max_abs: number };

interface StoredTensors {
  readonly dtypes: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** Against merges by mergekit 0.1.5 (torch 2.15, transformers 5.23): a folder beside the checkout has them. */
describe('merges against mergekit', function () {
  this.timeout(120_000);
  const folder = useTemporaryFolder();
  const oracles = sharedFolder('oracles', 'merge');
  const casesOf = (kind: string): readonly string[] =>
    oracles === null ? [] : readdirSync(join(oracles, kind)).sort();

  if (oracles === null) it.skip('there is no shared folder');
  else {
    for (const name of casesOf('cases')) {
      it(`equals it: ${name}`, async () => {
        const from = join(oracles, 'cases', name);
        const output = join(folder(), name);
        const { status, stderr } = await runCli(
          ['merge', 'run', '--mergekit-compatible', join(from, 'merge.yml'), output, '--quiet'],
          { cwd: oracles },
        );
        assert.equal(status, 0, stderr);
        const { tolerance } = JSON.parse(readFileSync(join(from, 'case.json'), 'utf8')) as { tolerance: Tolerance };
        const result = JSON.parse(readFileSync(join(from, 'result.json'), 'utf8')) as {
          file_dtype: string[];
          num_hidden_layers: number;
        };
        const actual = readFolder(output);
        compare(actual, readTensors(join(from, 'expected.safetensors')), tolerance);
        assert.deepEqual([...new Set(actual.dtypes.values())].sort(), result.file_dtype.toSorted());
        const config = JSON.parse(readFileSync(join(output, 'config.json'), 'utf8')) as Record<string, unknown>;
        assert.equal(config['num_hidden_layers'], result.num_hidden_layers);
      });
    }

    for (const name of casesOf('invalid')) {
      it(`refuses, or warns of: ${name}`, async () => {
        const recipe = join(oracles, 'invalid', name, 'merge.yml');
        const output = join(folder(), `invalid-${name}`);
        const { status, stderr } = await runCli(['merge', 'run', recipe, output, '--quiet'], { cwd: oracles });
        if (status === 0) {
          assert.ok(name.startsWith('silent_'), `${name} was merged: mergekit refuses it`);
          assert.match(stderr, /^warning: /m);
          return;
        }
        assert.equal(status, 1, stderr);
        assert.match(stderr, /^error: /m);
        assert.deepEqual(
          readdirSync(folder()).filter((left) => left.includes(`invalid-${name}`)),
          [],
        );
      });
    }

    for (const how of ['tag', 'blocks'] as const) {
      it(`writes the recipe of a hand-set HMA merge, and merges it, given its ${how}`, async () => {
        const spec = JSON.parse(readFileSync(join(oracles, 'hma', 'spec.json'), 'utf8')) as {
          pre: string;
          post: string;
          ratios: number[];
          cuts: number[];
          alpha: number;
        };
        const given =
          how === 'tag'
            ? ['--tag', `split|${spec.cuts.join('#')}|${spec.ratios.join('|')}`]
            : ['--blocks', '0-0,1-2,3-3', '--ratios', spec.ratios.join(',')];
        const recipe = join(folder(), `${how}.merge.yml`);
        const made = await runCli(
          [
            'merge',
            'hma',
            '--before',
            spec.pre,
            '--after',
            spec.post,
            '--alpha',
            String(spec.alpha),
            ...given,
            '--output',
            recipe,
          ],
          { cwd: oracles },
        );
        assert.equal(made.status, 0, made.stderr);
        const output = join(folder(), how);
        const { status, stderr } = await runCli(['merge', 'run', recipe, output, '--quiet'], { cwd: oracles });
        assert.equal(status, 0, stderr);
        const actual = readFolder(output);
        const exact = readTensors(join(oracles, 'hma', 'expected.safetensors'));
        compare(actual, exact, { kind: 'exact' });
        assert.deepEqual([...new Set(actual.dtypes.values())], ['BF16']);
      });
    }
  }
});

function readFolder(folder: string): StoredTensors {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  assert.ok(0 < files.length && existsSync(join(folder, 'config.json')), 'a model folder');
  const parts = files.map((name) => readTensors(join(folder, name)));
  return {
    dtypes: new Map(parts.flatMap(({ dtypes }) => [...dtypes])),
    values: new Map(parts.flatMap(({ values }) => [...values])),
  };
}

function readTensors(file: string): StoredTensors {
  const bytes = readFileSync(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { readonly dtype: string; readonly data_offsets: readonly [number, number] }
  >;
  const dtypes = new Map<string, string>();
  const values = new Map<string, Float32Array>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [start, end] = entry.data_offsets;
    dtypes.set(name, entry.dtype);
    values.set(name, widen(bytes.subarray(8 + headerLength + start, 8 + headerLength + end), entry.dtype));
  }
  return { dtypes, values };
}

/** Without loss. */
function widen(bytes: Buffer, dtype: string): Float32Array {
  const width = dtype === 'F32' ? 4 : 2;
  return Float32Array.from({ length: bytes.length / width }, (_, index) => {
    if (dtype === 'F32') return bytes.readFloatLE(4 * index);
    const bits = bytes.readUInt16LE(2 * index);
    if (dtype === 'BF16') return new Float32Array(Uint32Array.of(bits << 16).buffer)[0];
    const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return sign === 1 ? -size : size;
  });
}

function compare(actual: StoredTensors, expected: StoredTensors, tolerance: Tolerance): void {
  assert.deepEqual([...actual.values.keys()].sort(), [...expected.values.keys()].sort());
  let [differing, count] = [0, 0];
  for (const [name, wanted] of expected.values) {
    const found = actual.values.get(name) as Float32Array;
    assert.equal(found.length, wanted.length, name);
    count += wanted.length;
    wanted.forEach((value, index) => {
      const other = found[index];
      if (Object.is(other, value) || other === value) return;
      differing += 1;
      const distance = Math.abs(other - value);
      const where = `${name}[${index}]: ${other}, not ${value}`;
      if (tolerance.kind === 'exact') assert.fail(where);
      if (tolerance.kind === 'abs') assert.ok(distance <= tolerance.max_abs, where);
      if (tolerance.kind === 'ulp') {
        const unit = unitInTheLastPlace(value, actual.dtypes.get(name) as string);
        assert.ok(distance <= tolerance.max_ulp * unit * 1.0001 || distance <= tolerance.or_abs, where);
      }
    });
  }
  if (tolerance.kind === 'ulp')
    assert.ok(differing <= tolerance.max_fraction * count, `${differing} of ${count} differ`);
}

function unitInTheLastPlace(value: number, dtype: string): number {
  const fractionBits = { F32: 23, F16: 10, BF16: 7 }[dtype] ?? 23;
  return 2 ** (Math.floor(Math.log2(Math.max(Math.abs(value), 1e-38))) - fractionBits);
}
