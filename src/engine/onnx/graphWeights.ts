import type { WeightSource } from '../../core/onnx/buildDecoder';
import { ZeroPoints, multiplyBlocks, multiplyChannels, quantiseTokens } from '../../core/onnx/linearFormats';
import type { BlockWeight, QuantisedTokens } from '../../core/onnx/linearFormats';
import * as op from '../../core/onnx/operators';
import { externalConstant, floatConstant } from '../../core/onnx/value';
import type { Shape, Value } from '../../core/onnx/value';
import type { StoredTensor, StoredWeight } from './storedWeight';

export interface GraphWeightsParams {
  readonly find: (name: string) => StoredWeight;
  /** How blocks are multiplied: `exact` in F32, `fast` with activations in 8 bits. */
  readonly blocks: 'exact' | 'fast';
  /** By what the weights of a layer have been multiplied, input by input; left out: nothing. */
  readonly smoothing?: ReadonlyMap<string, Float32Array> | undefined;
}

/** Gives a graph the weights that lie in files, each multiplied in the way that its number format asks for. */
export function graphWeights({ find, blocks, smoothing }: GraphWeightsParams): WeightSource {
  // Query, key and value read the same activations: they are quantised once.
  const quantised = new Map<Value, QuantisedTokens>();
  const zeroPoints = new ZeroPoints();
  const tokensOf = (value: Value): QuantisedTokens => {
    const tokens = quantised.get(value) ?? quantiseTokens(value, zeroPoints);
    quantised.set(value, tokens);
    return tokens;
  };
  return {
    dense: (name) => denseConstant(name, find(name)),
    smoothing: ({ weight }) => {
      const factors = find(weight).kind === 'channels' ? smoothing?.get(weight) : undefined;
      if (factors === undefined) return null;
      const reciprocals = Array.from(factors, (factor) => 1 / factor);
      return floatConstant(`${weight}#f`, reciprocals, [reciprocals.length]);
    },
    linear: (value, { weight: name, layout }, factors = null) => {
      const weight = find(name);
      switch (weight.kind) {
        case 'dense':
          return scaled(
            op.matMul(value, denseConstant(name, weight), { transposeRight: layout !== 'conv1d' }),
            factors,
          );
        case 'channels': {
          const scales = scaled(constantOf(`${name}#s`, weight.scales), factors);
          return multiplyChannels(tokensOf(value), { values: constantOf(name, weight.values), scales });
        }
        case 'blocks':
          return scaled(multiplyBlocks(value, blockConstants(name, weight), blocks), factors);
      }
    },
    rows: (name, _shape, indices) => {
      const weight = find(name);
      if (weight.kind !== 'blocks') return op.gather(denseConstant(name, weight), indices);
      const { outputs, inputs, bits, blockSize } = weight;
      const table = blockConstants(name, weight);
      // The same bytes as for a product, seen as rows.
      return op.gatherBlockQuantized(
        {
          bits,
          blockSize,
          inputs,
          values: constantOf(`${name}#rows`, weight.values, [outputs, (inputs * bits) / 8]),
          scales: constantOf(`${name}#row_scales`, weight.scales, [outputs, inputs / blockSize]),
          zeroPoints: table.zeroPoints,
        },
        indices,
      );
    },
  };
}

function scaled(value: Value, factors: Value | null): Value {
  return factors === null ? value : op.multiply(value, factors);
}

function blockConstants(name: string, weight: Extract<StoredWeight, { kind: 'blocks' }>): BlockWeight {
  const { bits, blockSize, outputs, inputs, values, scales, zeroPoints, offsets } = weight;
  return {
    bits,
    blockSize,
    outputs,
    inputs,
    values: constantOf(name, values),
    scales: constantOf(`${name}#s`, scales),
    zeroPoints: zeroPoints === null ? null : constantOf(`${name}#z`, zeroPoints),
    offsets: offsets === null ? null : constantOf(`${name}#o`, offsets),
  };
}

function denseConstant(name: string, weight: StoredWeight): Value {
  if (weight.kind !== 'dense') throw new TypeError(`${name} is stored in ${weight.kind}, where floats are needed`);
  return constantOf(name, weight.values);
}

function constantOf(name: string, tensor: StoredTensor, shape: Shape = tensor.shape): Value {
  return externalConstant(name, tensor.dtype, shape, tensor);
}
