import assert from 'node:assert/strict';
import { mergeMethods } from '../../../../src/core/merging/methods/mergeMethod';
import type { MergeMethod } from '../../../../src/core/merging/methods/mergeMethod';
import { createMergeKernels } from '../../../../src/core/merging/methods/mergeKernels';
import { mergeTensor, passesOf } from '../../../../src/core/merging/methods/mergeTensor';
import type { FloatDtype } from '../../../../src/core/merging/methods/tensorMerge';
import { methodTable } from '../../../../src/core/merging/methods/methodTable';
import { seededRandom } from '../../../../src/core/seededRandom';
import { naiveMerge } from '../../../fixtures/naiveMerge';
import { mergeInMemory, tensorMerge, valuesOf } from '../../../fixtures/tensorsInMemory';
import type { TensorMergeParts } from '../../../fixtures/tensorsInMemory';

const kernels = createMergeKernels();

/** Values in a format, made of floats whose last places are cut off: many differences are equal. */
function tensor(dtype: FloatDtype, values: readonly number[]): Uint8Array {
  const floats = Float32Array.from(values);
  if (dtype === 'F32') return new Uint8Array(floats.buffer);
  const parts: TensorMergeParts = {
    method: 'passthrough',
    shape: [values.length],
    inputs: [{ dtype: 'F32', parameters: { scale: 1 } }],
    outputDtype: dtype,
  };
  return mergeInMemory(parts, [new Uint8Array(floats.buffer)], kernels).bytes;
}

/** A base and two models that are near it. */
function models(dtype: FloatDtype, count: number): readonly Uint8Array[] {
  const random = seededRandom(7);
  const base = Array.from({ length: count }, () => random() - 0.5);
  const near = (): readonly number[] => base.map((value) => value + (random() < 0.3 ? 0 : (random() - 0.5) / 64));
  return [tensor(dtype, base), tensor(dtype, near()), tensor(dtype, near())];
}

/** How a method may be called with a base and two models, or with two of them. */
function partsOf(method: MergeMethod, dtype: FloatDtype, shape: readonly number[]): TensorMergeParts {
  const { base, models: allowed } = methodTable[method];
  const count = base === 'required' ? 3 : allowed.most === 1 ? 1 : 2;
  return {
    method,
    shape,
    inputs: Array.from({ length: count }, () => ({
      dtype,
      parameters: { weight: 0.6, density: 0.4, gamma: 0.1, epsilon: 0.2, scale: 0.5 },
    })),
    base: base === 'required' || base === 'input' ? 0 : null,
    parameters: { t: method === 'nearswap' ? 0.001 : 0.3, select_topk: 0.4 },
  };
}

describe('mergeTensor', () => {
  it('keeps exactly the values that sorting keeps, over chunks and with many equal sizes', () => {
    const count = 140_003; // more than a chunk, and odd
    for (const dtype of ['BF16', 'F32'] as const) {
      const inputs = models(dtype, count);
      const tensors = inputs.map((bytes) => valuesOf(bytes, dtype));
      for (const method of ['ties', 'breadcrumbs', 'sce'] as const) {
        const parts = partsOf(method, dtype, [count]);
        const wanted = naiveMerge(parts, tensors);
        const result = valuesOf(mergeInMemory(parts, inputs, kernels).bytes, 'F32');
        const off = result.findIndex((value, i) => 1e-7 < Math.abs(value - wanted[i]));
        assert.equal(off, -1, `${method} in ${dtype}: value ${off} is ${result[off]}, wanted ${wanted[off]}`);
      }
    }
  });

  it('takes tensors of no, one and few values, and rows of one value', () => {
    for (const method of mergeMethods) {
      for (const arithmetic of ['exact', 'mergekit'] as const) {
        for (const shape of [[], [0], [1], [2], [5], [0, 4], [3, 0], [7, 1], [1, 3], [3, 5]]) {
          const count = shape.reduce((product, size) => product * size, 1);
          const parts = { ...partsOf(method, 'BF16', shape), arithmetic, workingDtype: 'BF16' as const };
          const inputs = models('BF16', count).slice(0, parts.inputs.length);
          const result = valuesOf(mergeInMemory(parts, inputs, kernels).bytes, 'F32');
          assert.equal(result.length, count);
          assert.ok(result.every(Number.isFinite), `${method} in ${arithmetic} arithmetic of [${shape.join()}]`);
        }
      }
    }
  });

  it('gives numbers where tensors are zero or all the same', () => {
    for (const method of mergeMethods) {
      for (const arithmetic of ['exact', 'mergekit'] as const) {
        for (const value of [0, 0.5]) {
          const parts = { ...partsOf(method, 'BF16', [4, 9]), arithmetic, workingDtype: 'BF16' as const };
          const inputs = parts.inputs.map(() => tensor('BF16', new Array<number>(36).fill(value)));
          const result = valuesOf(mergeInMemory(parts, inputs, kernels).bytes, 'F32');
          const scale = method === 'passthrough' ? 0.5 : 1;
          const place = `${method} in ${arithmetic} arithmetic of ${value}: ${result[0]}`;
          assert.ok(
            result.every((merged) => Math.abs(merged - value * scale) <= value / 128),
            place,
          );
        }
      }
    }
  });

  it('keeps what is no number to its place where values do not depend on each other', () => {
    for (const method of ['linear', 'passthrough', 'task_arithmetic', 'ties', 'nearswap'] as const) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const parts = partsOf(method, 'F32', [50]);
        const inputs = models('F32', 50).slice(0, parts.inputs.length);
        const floats = new Float32Array(inputs[inputs.length - 1].slice().buffer);
        floats[17] = bad;
        const spoilt = [...inputs.slice(0, -1), new Uint8Array(floats.buffer)];
        const result = valuesOf(mergeInMemory(parts, spoilt, kernels).bytes, 'F32');
        const odd = result.flatMap((value, i) => (Number.isFinite(value) ? [] : [i]));
        assert.deepEqual(odd, [17], `${method} with ${bad}`);
      }
    }
  });

  it('copies the bits of a single model that counts as one', () => {
    for (const dtype of ['BF16', 'F16'] as const) {
      const words = Uint16Array.from({ length: 65_536 }, (_, i) => i);
      const isNumber = (word: number): boolean =>
        dtype === 'BF16' ? (word & 0x7fff) <= 0x7f80 : (word & 0x7fff) <= 0x7c00;
      const bytes = new Uint8Array(words.filter(isNumber).buffer);
      for (const method of ['linear', 'passthrough'] as const) {
        const inputs = [{ dtype, parameters: { weight: 1, scale: 1 } }];
        const parts = { method, shape: [bytes.length / 2], inputs, outputDtype: dtype };
        assert.deepEqual(mergeInMemory(parts, [bytes], kernels).bytes, bytes, `${method} in ${dtype}`);
      }
    }
  });

  it('tells as many values as it has passes, and can be left in between', () => {
    for (const method of mergeMethods) {
      const count = 200_000;
      const parts = partsOf(method, 'BF16', [100, 2000]);
      const inputs = models('BF16', count);
      const task = tensorMerge(parts);
      assert.equal(mergeInMemory(parts, inputs, kernels).passes, passesOf(task), method);
      const io = {
        read: (input: number, start: number, into: Uint8Array) => into.fill(input + start),
        write: () => undefined,
      };
      for (const told of mergeTensor(task, io, kernels)) {
        assert.ok(0 < told && told < count);
        break;
      }
    }
  });

  it('takes no more memory for a larger tensor', () => {
    for (const method of mergeMethods) {
      const sizes = [2, 12].map((chunks) => {
        const own = createMergeKernels();
        const parts = partsOf(method, 'BF16', [chunks * 128, 1024]);
        const task = tensorMerge(parts);
        const [random, bytes] = [seededRandom(1), new Uint8Array(300_000)];
        for (let i = 0; i < bytes.length; i++) bytes[i] = i % 2 === 0 ? Math.floor(random() * 256) : 0x3f; // 0.5 … 1
        const read = (input: number, _: number, into: Uint8Array): void =>
          into.set(bytes.subarray(2 * input, 2 * input + into.length));
        const run = mergeTensor(task, { read, write: () => undefined }, own);
        while (run.next().done !== true);
        return own.bytes(0, 0).buffer.byteLength;
      });
      assert.equal(sizes[1], sizes[0], method);
    }
  });

  it('rounds to the nearest float and that to the nearest half, halves to even', () => {
    const digits = { BF16: 8, F16: 11 };
    const least = { BF16: -126, F16: -14 };
    const largest = { BF16: 2 ** 128, F16: 65_536 };
    const random = seededRandom(3);
    const words = Uint32Array.from({ length: 40_000 }, () => Math.floor(random() * 2 ** 32));
    for (let i = 0; i < words.length; i += 4) words[i] &= 0xffff0000 | (random() < 0.5 ? 0x8000 : 0); // halves
    for (let i = 1; i < words.length; i += 4) words[i] = (words[i] & 0x8fffffff) | 0x30000000; // where F16 is
    const floats = new Float32Array(words.buffer).filter((value) => !Number.isNaN(value));
    for (const dtype of ['BF16', 'F16'] as const) {
      const result = valuesOf(tensor(dtype, [...floats]), dtype);
      for (const [i, value] of floats.entries()) {
        if (!Number.isFinite(value)) continue;
        const exponent = Math.max(least[dtype], Math.floor(Math.log2(Math.abs(value) || 2 ** -149)));
        const step = 2 ** (exponent - digits[dtype] + 1);
        const quotient = value / step;
        const floor = Math.floor(quotient);
        const isUp = quotient - floor > 0.5 || (quotient - floor === 0.5 && floor % 2 !== 0);
        const rounded = (isUp ? floor + 1 : floor) * step;
        const wanted = largest[dtype] <= Math.abs(rounded) ? Math.sign(value) * Infinity : rounded;
        assert.ok(result[i] === wanted, `${value} in ${dtype}: ${result[i]}, wanted ${wanted}`);
      }
    }
  });
});
