import type { MergePlan, PlannedTensor, TensorGroup } from './mergePlan';

/** Tensors of one place of the map: a number where all have the same, else its mean, least and most; null: none takes part. */
export type MapCell = number | readonly [mean: number, least: number, most: number] | null;

/** One model's part in the output, or, for what is given once for all, the method's. */
export interface MapStrip {
  /** Index into the plan's models; null: of the method. */
  readonly model: number | null;
  /** One row a group within the layers (`layerGroups`), one cell a layer of the output. */
  readonly layers: readonly (readonly MapCell[])[];
  /** One cell a group outside the layers (`outerGroups`). */
  readonly outside: readonly MapCell[];
}

/** What is drawn: effective shares, or a parameter of the method. */
export interface MapMeasure {
  /** `share`: of the output, after normalisation; else a parameter's name. */
  readonly name: string;
  readonly strips: readonly MapStrip[];
}

/** What each source has in each part of the output: layers × groups of tensors. Plain data, small. */
export interface WeightMap {
  readonly layerCount: number;
  readonly layerGroups: readonly TensorGroup[];
  readonly outerGroups: readonly TensorGroup[];
  /** The first one says the most. Empty where the method has no number to show. */
  readonly measures: readonly MapMeasure[];
}

export const shareMeasure = 'share';

const groupOrder: readonly TensorGroup[] = ['embedding', 'attention', 'mlp', 'norm', 'other', 'finalNorm', 'head'];

/** A plan as its preview draws it. */
export function weightMap({ tensors, models, layerCount }: MergePlan): WeightMap {
  const layerGroups = groupsOf(tensors.filter(({ layer }) => layer !== null));
  const outerGroups = groupsOf(tensors.filter(({ layer }) => layer === null));
  const collected = new Map<string, Map<number | null, StripNumbers>>();
  const add = (measure: string, model: number | null, { layer, group }: PlannedTensor, value: number): void => {
    const strips = getOrMake(collected, measure, () => new Map<number | null, StripNumbers>());
    const strip = getOrMake(strips, model, () => emptyStrip(layerGroups.length, outerGroups.length, layerCount));
    if (layer === null) strip.outside[outerGroups.indexOf(group)].push(value);
    else strip.layers[layerGroups.indexOf(group)][layer]?.push(value);
  };
  for (const tensor of tensors) {
    for (const { model, weight, parameters } of tensor.sources) {
      const share = weight ?? (tensor.sources.length === 1 ? 1 : null);
      if (share !== null) add(shareMeasure, model, tensor, share);
      for (const [name, value] of numbersOf(parameters)) add(name, model, tensor, value);
    }
    for (const [name, value] of numbersOf(tensor.parameters)) add(name, null, tensor, value);
  }
  const measures = [...collected].map(([name, strips]) => ({
    name,
    strips: [...strips]
      .sort(([a], [b]) => (a ?? models.length) - (b ?? models.length))
      .map(([model, { layers, outside }]) => ({
        model,
        layers: layers.map((row) => row.map(cellOf)),
        outside: outside.map(cellOf),
      })),
  }));
  return { layerCount, layerGroups, outerGroups, measures: inOrder(measures, tensors) };
}

interface StripNumbers {
  readonly layers: readonly (readonly number[][])[];
  readonly outside: readonly number[][];
}

function emptyStrip(rows: number, outside: number, layerCount: number): StripNumbers {
  return {
    layers: Array.from({ length: rows }, () => Array.from({ length: layerCount }, () => [])),
    outside: Array.from({ length: outside }, () => []),
  };
}

function groupsOf(tensors: readonly PlannedTensor[]): readonly TensorGroup[] {
  const present = new Set(tensors.map(({ group }) => group));
  return groupOrder.filter((group) => present.has(group));
}

function numbersOf(parameters: Readonly<Record<string, number | boolean>>): readonly (readonly [string, number])[] {
  return Object.entries(parameters).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
}

function cellOf(values: readonly number[]): MapCell {
  if (values.length === 0) return null;
  let [sum, least, most] = [0, Infinity, -Infinity];
  for (const value of values) {
    sum += value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least === most ? least : [sum / values.length, least, most];
}

/**
 * Shares come first where most tensors that several models make have one; else they are left out, since copies alone
 * would have some.
 */
function inOrder(measures: readonly MapMeasure[], tensors: readonly PlannedTensor[]): readonly MapMeasure[] {
  const mixed = tensors.filter(({ sources }) => 1 < sources.length);
  const linear = mixed.filter(({ sources }) => sources.every(({ weight }) => weight !== null));
  const hasShares = mixed.length <= 2 * linear.length;
  const shares = measures.find(({ name }) => name === shareMeasure);
  const others = measures.filter(({ name }) => name !== shareMeasure);
  if (shares === undefined || (!hasShares && others.length !== 0)) return others;
  // Weights that add up to one are shares already.
  const drawn = JSON.stringify(shares.strips);
  return [shares, ...others.filter(({ strips }) => JSON.stringify(strips) !== drawn)];
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
