import type { WeightSource } from '../../core/onnx/buildDecoder';
import * as op from '../../core/onnx/operators';
import { externalConstant } from '../../core/onnx/value';
import type { Value } from '../../core/onnx/value';
import type { StoredTensor, StoredWeight } from './storedWeight';

/** Gives a graph the weights that lie in files, each multiplied in the way that its number format asks for. */
export function graphWeights(find: (name: string) => StoredWeight): WeightSource {
  return {
    dense: (name) => denseConstant(name, find(name)),
    linear: (value, { weight }) => op.matMul(value, denseConstant(weight, find(weight)), { transposeRight: true }),
    rows: (name, _shape, indices) => op.gather(denseConstant(name, find(name)), indices),
  };
}

function denseConstant(name: string, weight: StoredWeight): Value {
  if (weight.kind !== 'dense') throw new TypeError(`${name} is not dense`);
  return constantOf(name, weight.values);
}

function constantOf(name: string, tensor: StoredTensor): Value {
  return externalConstant(name, tensor.dtype, tensor.shape, tensor);
}
