import type { TensorEntry } from '../../checkpoint/tensorEntry';
import { joinTensor, type TensorInput } from './joinTensor';
import type { MergeDtype } from '../methods/mergeMethod';
import type { MergePlan, PlannedTensor } from './mergePlan';
import type { MergeRecipe } from '../recipe/mergeRecipe';
import type { MergeSource } from './mergeSource';
import type { LayerOrigin } from './outputConfig';
import type { ProblemCollector } from '../recipe/problemCollector';
import type { OutputSlice, SliceSource } from './resolveSlices';
import type { LayerNaming } from './tensorRole';
import {
  findLayers,
  groupOf,
  isComputedTable,
  isEmbeddingTable,
  isLanguageModelHead,
  layerTensorName,
  roleOf,
} from './tensorRole';
import type { VocabularyPlan } from './tokenizerPolicy';

export interface PlanTensorsParams {
  readonly recipe: MergeRecipe;
  readonly slices: readonly OutputSlice[];
  /** Whose config.json, and whose names, the output has. */
  readonly donor: MergeSource;
  /** Index into the models of the plan, by key. */
  readonly modelIndex: ReadonlyMap<string, number>;
  /** null: as the recipe says, else as the sources are. */
  readonly outputDtype: MergeDtype | null;
  readonly vocabulary: VocabularyPlan | null;
  readonly problems: ProblemCollector;
}

/** A tensor of a source that does not come into the output. */
export type DroppedTensor = MergePlan['dropped'][number];

export interface TensorsPlan {
  readonly tensors: readonly Omit<PlannedTensor, 'place'>[];
  readonly dropped: readonly DroppedTensor[];
  readonly layers: readonly LayerOrigin[];
  /** Layers of the model whose names the output has. */
  readonly donorLayers: number;
  /** A head that makes tokens is among the tensors. */
  readonly hasHead: boolean;
}

/** A source with its tensors by place. */
interface IndexedSource {
  readonly part: SliceSource;
  readonly naming: LayerNaming;
  /** By layer, each by what stands behind the number. */
  readonly layers: ReadonlyMap<number, ReadonlyMap<string, TensorEntry>>;
  readonly outside: ReadonlyMap<string, TensorEntry>;
}

/**
 * Every tensor of the output with its sources: embeddings from the first slice, layers from their slices, the rest from
 * the last slice; what of the sources does not come into the output, with the reason.
 */
export function planTensors(params: PlanTensorsParams): TensorsPlan {
  const planner = new TensorPlanner(params);
  const { slices } = params;
  const [first] = slices;
  const last = slices[slices.length - 1];
  planner.planOutside(first, 'before');
  for (const slice of slices) planner.planLayers(slice);
  planner.planOutside(last, 'after');
  return planner.finish();
}

class TensorPlanner {
  readonly #params: PlanTensorsParams;
  readonly #naming: LayerNaming;
  readonly #indexed = new Map<string, Omit<IndexedSource, 'part'>>();
  readonly #tensors: Omit<PlannedTensor, 'place'>[] = [];
  readonly #layers: LayerOrigin[] = [];
  readonly #reasons = new Map<string, string>();
  #hasHead = false;

  constructor(params: PlanTensorsParams) {
    this.#params = params;
    this.#naming = findLayers(params.donor);
  }

  planLayers(slice: OutputSlice): void {
    const sources = slice.sources.map((part) => this.#index(part));
    const donor = sources[slice.donor];
    for (let offset = 0; offset < slice.layers; offset += 1) {
      const layer = this.#layers.length;
      this.#layers.push({ source: donor.part.source, layer: donor.part.firstLayer + offset });
      const t = slice.layers === 1 ? 1 : offset / (slice.layers - 1);
      const layers = sources.map(({ part, layers }) => layers.get(part.firstLayer + offset));
      for (const rest of layers[slice.donor]?.keys() ?? []) {
        if (isComputedTable(rest)) continue;
        const inputs = sources.map(({ part, naming }, index): TensorInput => {
          const name = layerTensorName(naming, part.firstLayer + offset, rest);
          return { part, name, entry: layers[index]?.get(rest) ?? null, isTied: false };
        });
        const name = layerTensorName(this.#naming, layer, rest);
        this.#add({ slice, inputs, name, layer, t, rest });
      }
      sources.forEach(({ part }, index) => {
        for (const [rest, entry] of layers[index] ?? []) {
          if (index === slice.donor || layers[slice.donor]?.has(rest) === true || isComputedTable(rest)) continue;
          this.#drop(
            part,
            entry,
            `${donor.part.key} has no such tensor in its layers, and the output is built like it`,
            true,
          );
        }
      });
    }
  }

  /** Tensors outside of the layers: those before them from the first slice, those behind them from the last, both at t = 0. */
  planOutside(slice: OutputSlice, side: 'before' | 'after'): void {
    const sources = slice.sources.map((part) => this.#index(part));
    const donor = sources[slice.donor];
    const isHere = (name: string): boolean =>
      (groupOf({ layer: null, rest: name }) === 'embedding') === (side === 'before') && !isComputedTable(name);
    const names = [...donor.outside.keys()].filter(isHere);
    for (const { outside, naming } of sources) {
      // One model with a head of its own is enough: the others' embeddings are their heads.
      for (const name of outside.keys()) {
        const own = renameBody(name, naming, donor.naming);
        const isHead = isLanguageModelHead(own) && makesTokens(donor.part.source);
        if (isHere(own) && isHead && !names.includes(own)) names.push(own);
      }
    }
    for (const rest of names) {
      const inputs = sources.map((indexed): TensorInput => {
        const { part, outside, naming } = indexed;
        const name = renameBody(rest, donor.naming, naming);
        const entry = outside.get(name) ?? null;
        const isTied = entry === null && isLanguageModelHead(rest) && makesTokens(part.source);
        const tied = isTied ? embeddingOf(indexed) : null;
        return { part, name, entry: entry ?? tied, isTied: tied !== null };
      });
      this.#add({ slice, inputs, name: renameBody(rest, donor.naming, this.#naming), layer: null, t: 0, rest });
    }
    for (const { part, outside, naming } of sources) {
      for (const [name, entry] of outside) {
        const own = renameBody(name, naming, donor.naming);
        if (isHere(own) && !names.includes(own)) {
          this.#drop(part, entry, `${donor.part.key} has no such tensor, and the output is built like it`, true);
        }
      }
    }
  }

  finish(): TensorsPlan {
    const { layerCount: donorLayers } = this.#params.donor;
    const used = new Set<string>();
    for (const { sources } of this.#tensors)
      for (const { model, tensor } of sources) used.add(`${model}\0${tensor.name}`);
    const dropped: DroppedTensor[] = [];
    const seen = new Set<MergeSource>();
    for (const { source } of this.#params.slices.flatMap(({ sources }) => sources)) {
      if (seen.has(source)) continue;
      seen.add(source);
      const model = this.#modelOf(source);
      const naming = findLayers(source);
      for (const tensor of source.tensors.keys()) {
        if (used.has(`${model}\0${tensor}`)) continue;
        dropped.push({ model, tensor, reason: this.#reasonFor(source, tensor, naming) });
      }
    }
    return { tensors: this.#tensors, dropped, layers: this.#layers, donorLayers, hasHead: this.#hasHead };
  }

  #modelOf({ key }: MergeSource): number {
    return this.#params.modelIndex.get(key) ?? -1;
  }

  #reasonFor(source: MergeSource, tensor: string, naming: LayerNaming): string {
    const told = this.#reasons.get(`${source.key}\0${tensor}`);
    if (told !== undefined) return told;
    const { layer, rest } = roleOf(tensor, naming);
    if (isComputedTable(rest)) return 'a table that the model computes itself';
    if (layer !== null) return `layer ${layer} is in no slice`;
    return groupOf({ layer, rest }) === 'embedding'
      ? 'what comes before the layers is taken from the first slice'
      : 'what comes behind the layers is taken from the last slice';
  }

  #add({
    slice,
    inputs,
    name,
    layer,
    t,
    rest,
  }: {
    readonly slice: OutputSlice;
    readonly inputs: readonly TensorInput[];
    readonly name: string;
    readonly layer: number | null;
    readonly t: number;
    readonly rest: string;
  }): void {
    const { recipe, modelIndex, outputDtype, vocabulary, problems } = this.#params;
    const group = groupOf({ layer, rest });
    const place = { name, layer, group, t, isHead: layer === null && isLanguageModelHead(rest) };
    const planned = joinTensor({ recipe, slice, inputs, place, modelIndex, outputDtype, vocabulary, problems });
    if (planned === null) return;
    if (place.isHead) this.#hasHead = true;
    this.#tensors.push(planned);
  }

  #drop({ key, model }: SliceSource, { name }: TensorEntry, reason: string, isTold: boolean): void {
    const id = `${key}\0${name}`;
    if (this.#reasons.has(id)) return;
    this.#reasons.set(id, reason);
    if (!isTold) return;
    const message = `${name} of ${key} does not come into the output: ${reason}`;
    this.#params.problems.addForTensor('dropped_tensor', 'warning', message, model.span, key);
  }

  #index(part: SliceSource): IndexedSource {
    const known = this.#indexed.get(part.key);
    if (known !== undefined) return { part, ...known };
    const naming = findLayers(part.source);
    const layers = new Map<number, Map<string, TensorEntry>>();
    const outside = new Map<string, TensorEntry>();
    for (const entry of part.source.tensors.values()) {
      const { layer, rest } = roleOf(entry.name, naming);
      if (layer === null) {
        outside.set(rest, entry);
        continue;
      }
      const tensors = layers.get(layer) ?? new Map<string, TensorEntry>();
      layers.set(layer, tensors.set(rest, entry));
    }
    const indexed = { naming, layers, outside };
    this.#indexed.set(part.key, indexed);
    return { part, ...indexed };
  }
}

/** The name of a tensor outside of the layers in a model whose body is called otherwise. */
function renameBody(name: string, from: LayerNaming, to: LayerNaming): string {
  if (from.body === to.body || !name.startsWith(from.body)) return name;
  const own = name.slice(from.body.length);
  return from.body === '' && groupOf({ layer: null, rest: own }) === 'head' ? name : `${to.body}${own}`;
}

/** Without a head of its own its embeddings are its head; those of reward models are not. */
function makesTokens({ config }: MergeSource): boolean {
  const architectures = config['architectures'];
  const first: unknown = Array.isArray(architectures) ? architectures[0] : null;
  if (typeof first !== 'string') return config['tie_word_embeddings'] === true;
  return /(ForCausalLM|ForConditionalGeneration|LMHeadModel)$/.test(first);
}

function embeddingOf({ outside }: IndexedSource): TensorEntry | null {
  for (const [name, entry] of outside) {
    if (isEmbeddingTable(name)) return entry;
  }
  return null;
}
