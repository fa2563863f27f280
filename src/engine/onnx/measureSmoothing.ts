import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { JobContext } from '../../core/jobContext';
import { buildDecoder } from '../../core/onnx/buildDecoder';
import type { WeightSource } from '../../core/onnx/buildDecoder';
import type { DecoderDescription } from '../../core/onnx/decoderDescription';
import * as op from '../../core/onnx/operators';
import { RotaryTables } from '../../core/onnx/rotaryTables';
import { listSmoothableInputs, smoothingFactors } from '../../core/onnx/smoothing';
import type { Value } from '../../core/onnx/value';
import { writeModel } from '../../core/onnx/writeModel';
import { seededRandom } from '../../core/seededRandom';
import { cacheFolder } from '../checkpoint/cacheFolder';
import { commonFolder, createSession } from './createSession';
import { graphWeights } from './graphWeights';
import { ReplacedCache } from './keyValueCache';
import { listWantedWeights } from './listWantedWeights';
import { prepareWeights } from './prepareWeights';
import { storedTensors } from './storedWeight';
import type { StoredWeight } from './storedWeight';
import { ensureCachedFile } from './weightCache';

/** Tokens of the measurement: drawn at random, they show the channels that are large in whatever text. */
const TOKENS = 128;
/** A larger model is measured with weights in 4 bits, which change the sizes of its channels little. */
const MOST_PARAMETERS_IN_F32 = 1.5e9;

/**
 * The smoothing factors of every matrix of a checkpoint whose input can be smoothed, by name. They are measured once: the
 * largest magnitude of every channel over some tokens, kept in the weight cache.
 * @throws AlidadeError as `prepareWeights`, and `device`.
 */
export async function measureSmoothing(
  {
    checkpoint,
    decoder,
    threads,
  }: { readonly checkpoint: Checkpoint; readonly decoder: DecoderDescription; readonly threads: number },
  context: JobContext,
): Promise<Map<string, Float32Array>> {
  const inputs = listSmoothableInputs(decoder);
  const bytes = inputs.reduce((sum, { size }) => sum + 4 * size, 0);
  const factors = new Map<string, Float32Array>();
  if (bytes === 0) return factors;
  const path = join(cacheFolder(), 'weights', `${checkpoint.fingerprint.slice(0, 32)}-activations.f32`);
  const write: Parameters<typeof ensureCachedFile>[0]['write'] = async (file) => {
    for (const largest of await measure({ checkpoint, decoder, threads }, context)) {
      await file.write(new Uint8Array(largest.buffer, largest.byteOffset, largest.byteLength));
    }
  };
  await ensureCachedFile({ path, bytes, write }, context);
  const content = await readFile(path);
  const values = new Float32Array(Uint8Array.from(content).buffer);
  let start = 0;
  for (const { size, readers } of inputs) {
    const found = smoothingFactors(values.subarray(start, start + size));
    for (const { weight } of readers) factors.set(weight, found);
    start += size;
  }
  return factors;
}

/** Largest magnitudes of the channels of every smoothable input, in their order: each [inputs]. */
async function measure(
  { checkpoint, decoder, threads }: Parameters<typeof measureSmoothing>[0],
  context: JobContext,
): Promise<Float32Array[]> {
  context.progress({ message: `Measuring the activations of ${checkpoint.name}` });
  const dtype = checkpoint.parameters < MOST_PARAMETERS_IN_F32 ? 'f32' : 'int4';
  const { weights } = await prepareWeights({ checkpoint, wanted: listWantedWeights(decoder, false), dtype }, context);
  const source = graphWeights({ blocks: 'exact', find: (name) => weights.get(name) as StoredWeight });
  const layerCount = decoder.layers.length;
  const read = new Map<string, Value>();
  const watched: WeightSource = {
    ...source,
    linear: (value, layer, factors) => {
      read.set(layer.weight, value);
      return source.linear(value, layer, factors);
    },
  };
  const program = {
    layerCount,
    finalNorm: false,
    languageModelHead: false,
    attention: 'plain',
    cache: 'sequence',
    cacheOutput: 'rows',
  } as const;
  const graph = buildDecoder(decoder, watched, program);
  const inputs = listSmoothableInputs(decoder);
  const largest = inputs.map(({ readers: [{ weight }] }, index) => ({
    name: `largest_${index}`,
    value: largestMagnitude(read.get(weight) as Value),
  }));
  const externalRoot = commonFolder([...weights.values()].flatMap(storedTensors).map(({ file }) => file));
  const outputs = [...graph.outputs, ...largest];
  const session = await createSession(
    writeModel({ name: 'activations', inputs: graph.inputs, outputs, externalRoot }),
    {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      logSeverityLevel: 4,
      extra: {
        session: {
          model_external_initializers_file_folder_path: externalRoot,
          disable_prepacking: dtype === 'f32' ? '1' : '0',
          force_spinning_stop: '1',
          set_denormal_as_zero: '1',
        },
      },
    },
  );
  try {
    const cache = new ReplacedCache({
      layerCount,
      keyValueHeadCount: decoder.keyValueHeadCount,
      headDim: decoder.headDim,
    });
    const results = await session.run(
      { ...measurementFeeds(decoder), ...cache.feeds() },
      largest.map(({ name }) => name),
    );
    return largest.map(({ name }) => Float32Array.from(results[name].data as Float32Array));
  } finally {
    await session.release();
  }
}

/** Over all tokens of [1, tokens, inputs]: [1, 1, inputs]. */
function largestMagnitude(value: Value): Value {
  return op.reduceMax(op.absolute(value), value.shape.length - 2);
}

function measurementFeeds(decoder: DecoderDescription): Record<string, Tensor> {
  const tokens = Math.min(TOKENS, decoder.contextLength);
  const random = seededRandom(1);
  const ids = Array.from({ length: tokens }, () => Math.floor(random() * decoder.vocabSize));
  const rotaries = new RotaryTables(decoder.rotaries).feeds({ positions: tokens, sequenceLength: tokens });
  return {
    input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, tokens]),
    last_position: new Tensor('int32', Int32Array.of(tokens - 1), [1]),
    total_tokens: new Tensor('int32', Int32Array.of(tokens), []),
    selected_positions: new Tensor('int64', BigInt64Array.from(ids.keys(), BigInt), [tokens]),
    ...Object.fromEntries(rotaries.map(({ name, data, dims }) => [name, new Tensor('float32', data, dims)])),
  };
}
