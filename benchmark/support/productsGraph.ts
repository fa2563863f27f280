import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint';
import { describeDecoder } from '../../src/core/onnx/architectures/describeDecoder';
import { listDecoderLinears } from '../../src/core/onnx/decoderDescription';
import type { LinearLayer } from '../../src/core/onnx/decoderDescription';
import * as op from '../../src/core/onnx/operators';
import { externalConstant, floatConstant, graphInput, int64Constant, uint8Constant } from '../../src/core/onnx/value';
import type { Value } from '../../src/core/onnx/value';
import { writeModel } from '../../src/core/onnx/writeModel';
import type { WeightDtype } from '../../src/core/quantisation/weightFormat';
import { prepareWeights } from '../../src/engine/onnx/prepareWeights';
import type { StoredTensor, StoredWeight } from '../../src/engine/onnx/storedWeight';
import { benchmarkContext } from './benchmarkContext';

export interface Products {
  /** Every matrix product of a prefill once. */
  run(): Promise<void>;
  release(): Promise<void>;
}

/**
 * A graph of a prefill's matrix products and nothing else: every weight of the body times as many rows as the decoder
 * gives it, in the kernel that the dtype stands for; activations are there in the kernel's own number format. Of each product
 * one row is kept, so that memory is used again as in a model. (Of the last layer the decoder computes only queries, keys
 * and values for all rows.)
 */
export async function openProducts(params: {
  readonly checkpoint: Checkpoint;
  readonly dtype: WeightDtype;
  readonly tokens: number;
  readonly threads: number;
}): Promise<Products> {
  const { checkpoint, dtype, tokens, threads } = params;
  const decoder = describeDecoder(checkpoint.config);
  const linears = listDecoderLinears({ ...decoder, layers: decoder.layers.slice(0, -1) });
  linears.push(...listDecoderLinears({ ...decoder, layers: decoder.layers.slice(-1) }).filter(isOfAllRows));
  const wanted = linears.map(({ weight }) => ({ name: weight, role: 'linear' as const }));
  const { weights } = await prepareWeights({ checkpoint, wanted, dtype }, benchmarkContext);
  const activations = new Map<number, Value>();
  const type = dtype === 'int8' ? 'uint8' : 'float32';
  const rows = linears.map((layer) => {
    const input = activations.get(layer.inputs) ?? graphInput(`rows_${layer.inputs}`, type, [tokens, layer.inputs]);
    activations.set(layer.inputs, input);
    return op.gather(
      multiply(input, layer, weights.get(layer.weight) as StoredWeight),
      int64Constant('first', [0], [1]),
    );
  });
  const model = writeModel({
    name: 'products',
    inputs: [...activations.values()],
    outputs: rows.map((value, index) => ({ name: `row_${index}`, value })),
    externalRoot: '/',
  });
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: threads,
    logSeverityLevel: 4,
    extra: {
      session: {
        model_external_initializers_file_folder_path: '/',
        force_spinning_stop: '1',
        set_denormal_as_zero: '1',
      },
    },
  });
  const feeds = Object.fromEntries(
    [...activations.keys()].map((inputs) => [`rows_${inputs}`, randomRows(type, tokens, inputs)]),
  );
  return {
    run: async () => {
      await session.run(feeds);
    },
    release: () => session.release(),
  };
}

/** Queries, keys and values: what the last layer computes for all rows. */
function isOfAllRows({ weight }: LinearLayer): boolean {
  return /\.[qkv]_proj\./.test(weight);
}

function multiply(input: Value, layer: LinearLayer, weight: StoredWeight): Value {
  const constant = (part: string, tensor: StoredTensor): Value =>
    externalConstant(`${layer.weight}#${part}`, tensor.dtype, tensor.shape, tensor);
  switch (weight.kind) {
    case 'dense':
      return op.matMul(input, constant('values', weight.values), { transposeRight: true });
    case 'channels':
      return op.matMulIntegerToFloat(input, constant('values', weight.values), {
        leftScale: floatConstant('one', [1], []),
        rightScale: constant('scales', weight.scales),
        leftZeroPoint: uint8Constant('zero_point_128', [128], []),
      });
    case 'blocks': {
      const values = constant('values', weight.values);
      const zeroPoints = weight.zeroPoints === null ? null : constant('zeros', weight.zeroPoints);
      return op.matMulNBits(input, { ...weight, values, scales: constant('scales', weight.scales), zeroPoints }, 4);
    }
  }
}

function randomRows(type: 'uint8' | 'float32', tokens: number, inputs: number): Tensor {
  const count = tokens * inputs;
  if (type === 'uint8') {
    const bytes = Uint8Array.from({ length: count }, () => 64 + Math.floor(Math.random() * 128));
    return new Tensor('uint8', bytes, [tokens, inputs]);
  }
  return new Tensor(
    'float32',
    Float32Array.from({ length: count }, () => Math.random() - 0.5),
    [tokens, inputs],
  );
}
