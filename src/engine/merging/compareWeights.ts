import type { JobContext } from '../../core/jobContext';
import type { TensorGroup } from '../../core/merging/plan/mergePlan';
import { pairTensors, type TensorPair } from '../../core/merging/pairTensors';
import { tensorGroups } from '../../core/merging/plan/tensorPlace';
import {
  addSums,
  addValues,
  describeDifference,
  noDifference,
  type DifferenceSums,
  type GroupDifference,
  type LayerDifference,
  type TensorDifference,
  type WeightComparison,
} from '../../core/merging/weightDifference';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { openTensors } from '../checkpoint/openTensors';
import { chunkLength, openTensorChunks, type TensorChunks } from '../checkpoint/tensorChunks';
import { withOpenFiles, type OpenFile } from '../checkpoint/withOpenFiles';
import { TransferRate } from '../hub/transferRate';

export interface CompareWeightsParams {
  /** As `--model` takes them, or .safetensors files or indexes; the first is what differences are relative to. */
  readonly first: string;
  readonly second: string;
  /** Folder from which relative references are taken. */
  readonly cwd: string;
  /** Told each layer as it is done, and before them what lies outside the layers. */
  readonly onLayer?: (layer: LayerDifference) => void;
}

/**
 * Holds the weights of two models against each other, tensor by tensor in small ranges: memory does not grow with them.
 * Values are widened to what holds both exactly; sums are in double precision.
 * @throws AlidadeError `not_found`, `permission`, `cancelled`; FormatError for a file that breaks its format.
 */
export async function compareWeights(params: CompareWeightsParams, context: JobContext): Promise<WeightComparison> {
  const { cwd, onLayer } = params;
  const first = await openTensors({ reference: params.first, cwd }, context);
  const second = await openTensors({ reference: params.second, cwd }, context);
  const { pairs, uncompared } = pairTensors(first.tensors, second.tensors);
  const report = reporter(pairs, context);
  const total = noDifference();
  const groups = new Map<TensorGroup, DifferenceSums>();
  const layers: LayerDifference[] = [];
  await withOpenFiles(async (open) => {
    for (const inLayer of layersOf(pairs)) {
      const { difference, sums, groupSums } = await compareLayer(inLayer, { open, report, context });
      addSums(total, sums);
      for (const [group, more] of groupSums) addSums(sumsOf(groups, group), more);
      layers.push(difference);
      onLayer?.(difference);
    }
  });
  return {
    first: { name: first.name, path: first.path },
    second: { name: second.name, path: second.path },
    total: describeDifference(total),
    groups: describeGroups(groups),
    layers,
    uncompared,
  };
}

function layersOf(pairs: readonly TensorPair[]): readonly (readonly TensorPair[])[] {
  const layers = new Map<number | null, TensorPair[]>();
  for (const pair of pairs) {
    const layer = layers.get(pair.layer) ?? [];
    layer.push(pair);
    layers.set(pair.layer, layer);
  }
  return [...layers.values()];
}

interface Tools {
  readonly open: OpenFile;
  readonly report: (bytes: number) => void;
  readonly context: JobContext;
}

interface ComparedLayer {
  readonly difference: LayerDifference;
  readonly sums: DifferenceSums;
  readonly groupSums: ReadonlyMap<TensorGroup, DifferenceSums>;
}

async function compareLayer(pairs: readonly TensorPair[], tools: Tools): Promise<ComparedLayer> {
  const sums = noDifference();
  const groupSums = new Map<TensorGroup, DifferenceSums>();
  const tensors: TensorDifference[] = [];
  for (const pair of pairs) {
    const ofTensor = await compareTensor(pair, tools);
    const { name, first, second, layer, group } = pair;
    const { shape, storedName = name } = first;
    tensors.push({
      name,
      ...(storedName === name ? {} : { storedName }),
      shape,
      dtypes: [first.dtype, second.dtype],
      ...{ layer, group },
      ...describeDifference(ofTensor),
    });
    addSums(sums, ofTensor);
    addSums(sumsOf(groupSums, group), ofTensor);
  }
  const { layer } = pairs[0];
  const difference = { layer, ...describeDifference(sums), groups: describeGroups(groupSums), tensors };
  return { difference, sums, groupSums };
}

async function compareTensor({ first, second }: TensorPair, { open, report, context }: Tools): Promise<DifferenceSums> {
  const sides = [
    await openTensorChunks(first, await open(first.file)),
    await openTensorChunks(second, await open(second.file)),
  ] as const;
  const { count } = sides[0];
  const length = chunkLength(sides);
  const bytesPerValue = count === 0 ? 0 : (first.bytes + second.bytes) / count;
  const sums = noDifference();
  const begin = (start: number): ReturnType<typeof readBoth> => {
    const reading = readBoth(sides, start, Math.min(length, count - start));
    // Its failure is heard when it is awaited, unless something else has failed by then.
    reading.catch(() => undefined);
    return reading;
  };
  let next = begin(0);
  for (let start = 0; start < count; start += length) {
    throwIfCancelled(context.signal);
    const [firstValues, secondValues] = await next;
    // The disk works while the sums are made.
    if (start + length < count) next = begin(start + length);
    addValues(sums, firstValues, secondValues);
    report(firstValues.length * bytesPerValue);
  }
  return sums;
}

function readBoth(
  [first, second]: readonly [TensorChunks, TensorChunks],
  start: number,
  count: number,
): Promise<[Float32Array | Float64Array, Float32Array | Float64Array]> {
  return Promise.all([first.read(start, count), second.read(start, count)]);
}

function sumsOf(groups: Map<TensorGroup, DifferenceSums>, group: TensorGroup): DifferenceSums {
  const sums = groups.get(group) ?? noDifference();
  groups.set(group, sums);
  return sums;
}

function describeGroups(groups: ReadonlyMap<TensorGroup, DifferenceSums>): GroupDifference[] {
  return tensorGroups.flatMap((group) => {
    const sums = groups.get(group);
    return sums === undefined ? [] : [{ group, ...describeDifference(sums) }];
  });
}

/** Counts the bytes of both models that have been compared. */
function reporter(pairs: readonly TensorPair[], { progress }: JobContext): (bytes: number) => void {
  const total = pairs.reduce((sum, { first, second }) => sum + first.bytes + second.bytes, 0);
  const rate = new TransferRate();
  rate.add(0);
  let done = 0;
  return (bytes) => {
    done += bytes;
    const whole = Math.min(total, Math.round(done));
    rate.add(whole);
    const { perSecond } = rate;
    const speed = perSecond === null ? {} : { perSecond, secondsLeft: (total - whole) / perSecond };
    progress({ message: 'Comparing weights', done: whole, total, unit: 'bytes', ...speed });
  };
}
