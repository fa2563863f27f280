import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSafetensorsHeader } from '../../../../src/core/checkpoint/readSafetensorsHeader';
import { MemoryByteSource } from '../../../fixtures/memoryByteSource';
import { createMergeKernels } from '../../../../src/core/merging/methods/mergeKernels';
import type { FloatDtype } from '../../../../src/core/merging/methods/tensorMerge';
import type { MergeMethod } from '../../../../src/core/merging/methods/mergeMethod';
import { methodTable } from '../../../../src/core/merging/methods/methodTable';
import { sharedFolder } from '../../../fixtures/sharedFolder';
import { mergeInMemory, valuesOf } from '../../../fixtures/tensorsInMemory';

// Recipes as far as these cases go; the program's own reading of them is tested elsewhere.
type Value = number | boolean | readonly number[];
type Setting = Value | readonly { readonly filter?: string; readonly value: Value }[];
type Settings = Readonly<Record<string, Setting>>;
interface Source {
  readonly model: string;
  readonly layer_range?: readonly [number, number];
  readonly parameters?: Settings;
}
interface Recipe {
  readonly merge_method: MergeMethod;
  readonly models?: readonly Source[];
  readonly slices?: readonly { readonly sources: readonly Source[]; readonly parameters?: Settings }[];
  readonly base_model?: string;
  readonly parameters?: Settings;
  readonly dtype?: string;
  readonly out_dtype?: string;
}
interface Tensor {
  readonly shape: readonly number[];
  readonly dtype: FloatDtype;
  readonly bytes: Uint8Array;
}
type Tensors = ReadonlyMap<string, Tensor>;

interface Tolerance {
  readonly kind: 'exact' | 'ulp' | 'abs';
  readonly max_ulp?: number;
  readonly or_abs?: number;
  readonly max_fraction?: number;
  readonly max_abs?: number;
}

const dtypes: Readonly<Record<string, FloatDtype>> = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' };
const kernels = createMergeKernels();

async function readTensors(path: string): Promise<Tensors> {
  const bytes = readFileSync(path);
  const { tensors } = await readSafetensorsHeader(new MemoryByteSource(bytes));
  return new Map(
    [...tensors].map(([name, { shape, dtype, offset, bytes: length }]) => [
      name,
      { shape, dtype: dtype as FloatDtype, bytes: new Uint8Array(bytes.subarray(offset, offset + length)) },
    ]),
  );
}

async function readModel(folder: string): Promise<Tensors> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  const parts = await Promise.all(files.map((name) => readTensors(join(folder, name))));
  return new Map(parts.flatMap((part) => [...part]));
}

/** At a place in a slice from 0 to 1; undefined: this scope says nothing about the tensor. */
function evaluate(setting: Setting | undefined, name: string, t: number): number | boolean | undefined {
  if (setting === undefined) return undefined;
  if (typeof setting !== 'object') return setting;
  if (typeof setting[0] === 'object') {
    const rules = setting as readonly { readonly filter?: string; readonly value: Value }[];
    const rule = rules.find(({ filter }) => filter === undefined || name.includes(filter));
    return evaluate(rule?.value, name, t);
  }
  const list = setting as readonly number[];
  const at = t * (list.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, list.length - 1);
  return list[low] * (1 - (at - low)) + list[high] * (at - low);
}

const numbersInLine = /layers\.(\d+)\./;

async function runCase(folder: string, arithmetic: 'exact' | 'mergekit'): Promise<Tensors> {
  const root = join(folder, folder.endsWith('hma') ? '..' : '../..');
  const recipe = parse(readFileSync(join(folder, 'merge.yml'), 'utf8')) as Recipe;
  const slices = recipe.slices ?? [{ sources: recipe.models ?? [] }];
  const models = new Map<string, Tensors>();
  for (const { sources } of slices) {
    for (const { model } of sources) models.set(model, await readModel(join(root, model)));
  }
  if (recipe.base_model !== undefined) models.set(recipe.base_model, await readModel(join(root, recipe.base_model)));
  const result = new Map<string, Tensor>();
  let firstLayer = 0;
  for (const [index, slice] of slices.entries()) {
    const [from, to] = slice.sources[0].layer_range ?? [0, 4];
    const first = models.get(slice.sources[0].model) as Tensors;
    for (const [name, { shape }] of first) {
      const layer = numbersInLine.exec(name)?.[1];
      if (layer === undefined && index !== (name.includes('embed') ? 0 : slices.length - 1)) continue;
      if (layer !== undefined && (Number(layer) < from || to <= Number(layer))) continue;
      const place = layer === undefined ? 0 : to - from === 1 ? 1 : (Number(layer) - from) / (to - from - 1);
      const outputLayer = firstLayer + Number(layer) - from;
      const outputName = layer === undefined ? name : name.replace(numbersInLine, `layers.${outputLayer}.`);
      const { base_model: base, merge_method: method } = recipe;
      const sources = slice.sources.filter(({ model }) => model !== base);
      const listed =
        base === undefined || methodTable[method].base === 'none' ? sources : [{ model: base } as Source, ...sources];
      const spec = methodTable[method];
      const parametersOf = (scopes: readonly (Settings | undefined)[], names: readonly { readonly name: string }[]) =>
        Object.fromEntries(
          names.flatMap(({ name: key }) => {
            const value = scopes.map((scope) => evaluate(scope?.[key], name, place)).find((v) => v !== undefined);
            return value === undefined ? [] : [[key, value]];
          }),
        );
      const tensors = listed.map(({ model }) => models.get(model)?.get(name) as Tensor);
      const widest = new Set(tensors.map(({ dtype }) => dtype));
      const workingDtype = recipe.dtype ? dtypes[recipe.dtype] : widest.size === 1 ? tensors[0].dtype : 'F32';
      const outputDtype = recipe.out_dtype ? dtypes[recipe.out_dtype] : workingDtype;
      const { bytes } = mergeInMemory(
        {
          name: outputName,
          method,
          shape,
          inputs: listed.map(({ parameters }, i) => ({
            dtype: tensors[i].dtype,
            parameters: parametersOf([parameters, slice.parameters, recipe.parameters], spec.perModel),
          })),
          base: listed[0].model === base ? 0 : null,
          parameters: parametersOf([slice.parameters, recipe.parameters], spec.shared),
          outputDtype,
          workingDtype,
          arithmetic,
        },
        tensors.map((tensor) => tensor.bytes),
        kernels,
      );
      result.set(outputName, { shape, dtype: outputDtype, bytes });
    }
    firstLayer += to - from;
  }
  return result;
}

/** Units in the last place that lie between two values of a format. */
function distance(a: number, b: number, dtype: FloatDtype): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.max(Math.abs(a), Math.abs(b)) || 2 ** -126)));
  const digits = { F32: 23, F16: 10, BF16: 7 }[dtype];
  const least = { F32: -149, F16: -24, BF16: -133 }[dtype];
  return Math.abs(a - b) / 2 ** Math.max(least, exponent - digits);
}

function compare(actual: Tensors, expected: Tensors, tolerance: Tolerance): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  let differing = 0;
  let total = 0;
  for (const [name, { bytes, dtype }] of actual) {
    const values = valuesOf(bytes, dtype);
    const wanted = valuesOf((expected.get(name) as Tensor).bytes, (expected.get(name) as Tensor).dtype);
    assert.equal(values.length, wanted.length);
    total += values.length;
    for (const [i, value] of values.entries()) {
      if (Object.is(value, wanted[i])) continue;
      differing++;
      const place = `${name}[${i}]: ${value}, wanted ${wanted[i]}`;
      const off = Math.abs(value - wanted[i]);
      if (tolerance.kind === 'exact') assert.equal(value, wanted[i], place);
      else if (tolerance.kind === 'abs') assert.ok(off <= (tolerance.max_abs ?? 0), place);
      else if ((tolerance.or_abs ?? 0) < off)
        assert.ok(distance(value, wanted[i], dtype) <= (tolerance.max_ulp ?? 0), place);
    }
  }
  if (tolerance.kind === 'ulp') assert.ok(differing / total <= (tolerance.max_fraction ?? 1), `${differing} differ`);
}

describe('merging as mergekit 0.1.5 does', () => {
  const cases = sharedFolder('oracles/merge/cases');

  it('gives its numbers within the tolerance of each case', async function () {
    if (cases === null) return this.skip();
    this.timeout(60_000);
    const names = readdirSync(cases);
    assert.ok(14 <= names.length);
    const failures: string[] = [];
    for (const name of names) {
      const folder = join(cases, name);
      const { tolerance } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as { tolerance: Tolerance };
      try {
        compare(await runCase(folder, 'mergekit'), await readTensors(join(folder, 'expected.safetensors')), tolerance);
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    assert.deepEqual(failures, []);
  });

  it('gives the averages by blocks in exact arithmetic and in mergekit’s', async function () {
    const folder = sharedFolder('oracles/merge/hma');
    if (folder === null) return this.skip();
    for (const [arithmetic, file] of [
      ['exact', 'expected.safetensors'],
      ['mergekit', 'mergekit.safetensors'],
    ] as const) {
      compare(await runCase(folder, arithmetic), await readTensors(join(folder, file)), { kind: 'exact' });
    }
  });
});
