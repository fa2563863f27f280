import assert from 'node:assert/strict';
import { mergeMethods } from '../../../../src/core/merging/methods/mergeMethod';
import { createMergeKernels } from '../../../../src/core/merging/methods/mergeKernels';
import { mergeReferences } from '../../../fixtures/mergeReferences';
import { naiveMerge } from '../../../fixtures/naiveMerge';
import { mergeInMemory, valuesOf } from '../../../fixtures/tensorsInMemory';

const kernels = createMergeKernels();
/** In float32 their sums depend on the order of addition, which mergekit leaves to the processor. */
const reducing = ['slerp', 'nuslerp', 'multislerp', 'karcher', 'model_stock', 'sce', 'arcee_fusion'];

describe('merging by mergekit’s arithmetic', () => {
  const references = mergeReferences();

  it('has reference numbers for every method', () => {
    assert.deepEqual(
      mergeMethods.filter((method) => references.every(({ parts }) => parts.method !== method)),
      [],
    );
  });

  it('gives the very bits of mergekit in half precision, and in float32 but for the order of sums', () => {
    for (const { name, parts, inputs, expected } of references) {
      const { bytes } = mergeInMemory({ ...parts, arithmetic: 'mergekit' }, inputs, kernels);
      const { outputDtype: dtype = 'F32', parameters = {}, method } = parts;
      if (dtype !== 'F32' || (!reducing.includes(method) && parameters['rescale'] !== true)) {
        assert.deepEqual(valuesOf(bytes, dtype), valuesOf(expected, dtype), name);
        continue;
      }
      const wanted = valuesOf(expected, dtype);
      // Columns of three values that are nearly opposite have angles that float32 knows to few places.
      const tolerance = method === 'nuslerp' ? 1e-5 : 5e-7;
      for (const [i, value] of valuesOf(bytes, dtype).entries()) {
        assert.ok(Math.abs(value - wanted[i]) <= tolerance, `${name}, value ${i}: ${value}, wanted ${wanted[i]}`);
      }
    }
  });

  it('is, in exact arithmetic, the formula in doubles to the last place of a float', () => {
    for (const { name, parts, inputs } of references) {
      const tensors = inputs.map((bytes, i) => valuesOf(bytes, parts.inputs[i].dtype));
      const wanted = naiveMerge(parts, tensors);
      const { bytes } = mergeInMemory({ ...parts, outputDtype: 'F32', arithmetic: 'exact' }, inputs, kernels);
      for (const [i, value] of valuesOf(bytes, 'F32').entries()) {
        const place = `${name}, value ${i}: ${value}, wanted ${wanted[i]}`;
        assert.ok(Math.abs(value - wanted[i]) <= 2 ** -24 * Math.abs(wanted[i]) + 1e-12, place);
      }
    }
  });
});
