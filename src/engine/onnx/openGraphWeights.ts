import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { JobContext } from '../../core/jobContext';
import type { WeightSource } from '../../core/onnx/buildDecoder';
import type { DecoderDescription } from '../../core/onnx/decoderDescription';
import { InputWeights } from '../../core/onnx/inputWeights';
import type { Value } from '../../core/onnx/value';
import type { WeightDtype } from '../../core/quantisation/weightFormat';
import { commonFolder } from './createSession';
import { graphWeights } from './graphWeights';
import { measureSmoothing } from './measureSmoothing';
import { prepareWeights } from './prepareWeights';
import type { WantedWeight } from './prepareWeights';
import { storedTensors } from './storedWeight';
import type { StoredWeight } from './storedWeight';

/** The weights of a graph, wherever they come from. */
export interface OpenedWeights {
  readonly source: WeightSource;
  /** Those that are inputs of the graph, by name, once it is built. */
  readonly inputs: () => ReadonlyMap<string, Value>;
  readonly externalRoot: string;
  readonly weightBytes: number;
  readonly loss: number | null;
}

export interface WeightsToOpen {
  readonly checkpoint: Checkpoint;
  readonly wanted: readonly WantedWeight[];
  readonly dtype: WeightDtype;
  /** What the checkpoint calls a weight of the graph. */
  readonly storedName: (name: string) => string;
}

/**
 * The weights in the checkpoint's files, converted where the dtype asks for it.
 * @throws AlidadeError as `prepareWeights` and `measureSmoothing`.
 */
export async function storedWeights(
  {
    checkpoint,
    decoder,
    wanted,
    dtype,
    threads,
    storedName,
  }: WeightsToOpen & { readonly decoder: DecoderDescription; readonly threads: number },
  context: JobContext,
): Promise<OpenedWeights> {
  const smoothing = dtype === 'int8' ? await measureSmoothing({ checkpoint, decoder, threads }, context) : undefined;
  const { weights, loss } = await prepareWeights({ checkpoint, wanted, dtype, smoothing }, context);
  const tensors = [...weights.values()].flatMap(storedTensors);
  const source = graphWeights({
    blocks: dtype === 'f32' ? 'exact' : 'fast',
    smoothing,
    find: (name) => weights.get(storedName(name)) as StoredWeight,
  });
  return {
    source,
    inputs: () => new Map(),
    externalRoot: commonFolder(tensors.map(({ file }) => file)),
    weightBytes: tensors.reduce((sum, { length }) => sum + length, 0),
    loss,
  };
}

/**
 * Weights that come with each run.
 * @throws AlidadeError `unsupported` for another dtype than F32, `weights` for a tensor that is not there.
 */
export function fedWeights({ checkpoint, wanted, dtype, storedName }: WeightsToOpen): OpenedWeights {
  if (dtype !== 'f32') {
    throw new AlidadeError({
      code: 'unsupported',
      message: `weights that change are computed in f32, not in ${dtype}`,
    });
  }
  const shapeOf = (name: string): readonly number[] => {
    const entry = checkpoint.tensors.get(name);
    if (entry !== undefined) return entry.shape;
    throw new AlidadeError({ code: 'weights', message: `${checkpoint.path}: the tensor ${name} is missing` });
  };
  const source = new InputWeights((name) => ({ name: storedName(name), shape: shapeOf(storedName(name)) }));
  const values = (name: string): number => shapeOf(name).reduce((product, size) => product * size, 1);
  return {
    source,
    inputs: () => source.inputs,
    externalRoot: checkpoint.path,
    weightBytes: wanted.reduce((sum, { name }) => sum + 4 * values(name), 0),
    loss: null,
  };
}
