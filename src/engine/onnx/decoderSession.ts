import { setImmediate as nextTurn } from 'node:timers/promises';
import { Tensor } from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';
import { Exclusive } from '../../core/exclusive';
import type { JobContext } from '../../core/jobContext';
import { attentionWindows, biasName } from '../../core/onnx/buildDecoder';
import type { DecoderDescription } from '../../core/onnx/decoderDescription';
import { RotaryTables } from '../../core/onnx/rotaryTables';
import { slotsToKeep } from '../../core/onnx/slotsToKeep';
import { TokenTree } from '../../core/onnx/tokenTree';
import type { WeightDtype } from '../../core/quantisation/weightFormat';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { deviceError } from './deviceError';
import type { Device } from './executionProviders';
import { ReplacedCache, RowCache } from './keyValueCache';
import type { KeyValueCache } from './keyValueCache';
import { openDecoder } from './openDecoder';
import type { OpenDecoder, OpenDecoderParams } from './openDecoder';

export interface Evaluation {
  /** The whole sequence; tokens that the cache already holds are not computed again. */
  readonly ids: readonly number[];
  /** Positions in `ids`, ascending, whose hidden states are wanted. */
  readonly hiddenPositions: readonly number[];
  /**
   * Ascending positions at which the language-model head is wanted: its logits, or only the log-probability of the token
   * that follows in `ids`.
   */
  readonly scored?: { readonly kind: 'logits' | 'predictions'; readonly positions: readonly number[] };
}

export interface EvaluationResult {
  readonly hidden: Float32Array[]; // one [hidden] a position
  readonly logits: Float32Array[]; // one [vocab] a position
  readonly logProbabilities: number[]; // one a position, natural logarithm
  /** Tokens that had to be computed. */
  readonly computedTokens: number;
}

/** An evaluation and where its tokens lie in the cache. */
interface Planned {
  readonly evaluation: Evaluation;
  readonly slots: readonly number[];
  readonly computedTokens: number;
}

/** A position of the language-model head: the slot, and the token whose log-probability is wanted (null: all logits). */
interface ScoredSlot {
  readonly slot: number;
  readonly target: number | null;
}

/** Very negative, and still a number that scores can be added to. */
const HIDDEN_SCORE = -1e30;

/** A decoder loaded on a device, with the keys and values of the tokens that it has seen last. */
export class DecoderSession {
  readonly decoder: DecoderDescription;
  readonly device: Device;
  readonly deviceReason: string;
  readonly dtype: WeightDtype;
  /** Relative error of the weights that the dtype cost, root mean square; null: none. */
  readonly quantisationLoss: number | null;
  readonly weightMode: OpenDecoder['weightMode'];
  /** Bytes of the weights as they are stored for the graph. */
  readonly weightBytes: number;
  /** Tokens that fill a run. */
  readonly chunkLength: number;
  readonly #open: OpenDecoder;
  readonly #cache: KeyValueCache;
  readonly #windows: readonly (number | null)[];
  readonly #rotaries: RotaryTables;
  readonly #biases = new Map<number | null, Float32Array>();
  readonly #exclusive = new Exclusive();
  readonly #tree = new TokenTree();
  /** Hidden states of slots for which they were wanted, [hidden]. */
  readonly #states = new Map<number, Float32Array>();
  /** The rotary tables with which the cache was filled. */
  #rotaryKey = '';

  private constructor(open: OpenDecoder) {
    const { decoder, chosen, layerCount } = open;
    const shape = { layerCount, keyValueHeadCount: decoder.keyValueHeadCount, headDim: decoder.headDim };
    this.decoder = decoder;
    this.device = chosen.provider.device;
    this.deviceReason = chosen.reason;
    this.dtype = open.dtype;
    this.quantisationLoss = open.quantisationLoss;
    this.weightMode = open.weightMode;
    this.weightBytes = open.weightBytes;
    this.chunkLength = chunkLength(open);
    this.#open = open;
    this.#cache = open.cacheOutput === 'rows' ? new RowCache(shape) : new ReplacedCache(shape);
    this.#windows = open.cache === 'packed' ? attentionWindows(decoder, layerCount) : [];
    this.#rotaries = new RotaryTables(decoder.rotaries);
  }

  /** Weights that are read with each run, by name: they have to be there, and may change (`LiveWeights`). */
  get liveNames(): readonly string[] {
    return this.#open.live?.names ?? [];
  }

  /** @throws AlidadeError `unsupported`, `weights`, `device`, `no_space`, `cancelled`. */
  static async open(params: OpenDecoderParams, context: JobContext): Promise<DecoderSession> {
    return new DecoderSession(await openDecoder(params, context));
  }

  /**
   * Runs what the cache does not hold of a sequence, in chunks between which cancellation is heard.
   * @throws AlidadeError `cancelled`, `device`.
   */
  async evaluate(evaluation: Evaluation, context: JobContext): Promise<EvaluationResult> {
    const [result] = await this.evaluateAll([evaluation], context);
    return result;
  }

  /**
   * As `evaluate`, for several sequences at once: with a packed cache what they have in common is computed once, and
   * short ones share a run. What comes out for a sequence is what it gives alone, but for rounding.
   */
  evaluateAll(evaluations: readonly Evaluation[], context: JobContext): Promise<EvaluationResult[]> {
    return this.#exclusive.run(async () => {
      if (this.#open.cache === 'packed' && this.#haveOneRotary(evaluations)) return this.#compute(evaluations, context);
      const results: EvaluationResult[] = [];
      for (const evaluation of evaluations) results.push(...(await this.#compute([evaluation], context)));
      return results;
    });
  }

  /** Drops the keys and values of all tokens. */
  forget(): Promise<void> {
    return this.#exclusive.run(() => {
      this.#truncate(0);
      return Promise.resolve();
    });
  }

  /** Frees the model's memory. */
  release(): Promise<void> {
    return this.#exclusive.run(async () => {
      this.#truncate(0);
      this.#cache.release();
      await this.#open.session.release();
    });
  }

  #haveOneRotary(evaluations: readonly Evaluation[]): boolean {
    return new Set(evaluations.map(({ ids }) => this.#rotaries.key(ids.length))).size <= 1;
  }

  async #compute(evaluations: readonly Evaluation[], context: JobContext): Promise<EvaluationResult[]> {
    const longest = Math.max(...evaluations.map(({ ids }) => ids.length));
    const rotaryKey = this.#rotaries.key(longest);
    if (rotaryKey !== this.#rotaryKey) this.#truncate(0);
    this.#rotaryKey = rotaryKey;
    const start = this.#makeRoom(evaluations);
    const planned = this.#plan(evaluations, start);
    this.#cache.reserve(this.#tree.size, start);
    const wanted = new Set(
      planned.flatMap(({ evaluation, slots }) => evaluation.hiddenPositions.map((at) => slots[at])),
    );
    const scored = planned.map(({ evaluation, slots }) => scoredSlots(evaluation, slots));
    const allScored = scored.flat();
    const logits = new Map<ScoredSlot, Float32Array>();
    const logProbabilities = new Map<ScoredSlot, number>();
    let done = start;
    const total = this.#tree.size;
    const step = runLength(total - start, this.chunkLength);
    try {
      while (done < total) {
        throwIfCancelled(context.signal);
        const [from, to] = [done, this.#runEnd(done, Math.min(done + step, total))];
        const within = (slot: number): boolean => from <= slot && slot < to;
        const heads = allScored.filter(({ slot }) => within(slot));
        const hidden = [...wanted].filter(within);
        const outputs = await this.#run({ from, to, longest, hidden, heads });
        hidden.forEach((slot, index) => this.#states.set(slot, outputs.hidden[index]));
        heads.forEach((head, index) => {
          if (head.target === null) logits.set(head, outputs.logits[index]);
          else logProbabilities.set(head, outputs.logProbabilities[index]);
        });
        done = to;
        if (done < total) {
          context.progress({ message: 'Reading', done: done - start, total: total - start, unit: 'tokens' });
          await nextTurn(); // lets a cancellation in
        }
      }
    } finally {
      // After a failure what the cache holds beyond the last whole run is unknown.
      this.#truncate(done);
    }
    return planned.map(({ evaluation, slots, computedTokens }, index) => ({
      hidden: evaluation.hiddenPositions.map((at) => this.#states.get(slots[at]) as Float32Array),
      logits: scored[index].flatMap((head) => logits.get(head) ?? []),
      logProbabilities: scored[index].flatMap((head) => logProbabilities.get(head) ?? []),
      computedTokens,
    }));
  }

  /**
   * Where a run that begins at `from` ends. The kernel of fused attention takes a run without a past for one sequence,
   * whatever its bias and positions say (ONNX Runtime 1.30): such a run ends where sequences part.
   */
  #runEnd(from: number, to: number): number {
    if (from !== 0 || this.#open.attention !== 'fused') return to;
    let end = 1;
    while (end < to && this.#tree.positionAt(end) === end) end += 1;
    return end;
  }

  /** Drops the slots that are in the way; gives the first free one. */
  #makeRoom(evaluations: readonly Evaluation[]): number {
    const sequences = evaluations.map((evaluation) => ({
      kept: this.#keptSlots(evaluation, Infinity),
      length: evaluation.ids.length,
    }));
    this.#truncate(
      this.#open.cache === 'packed' ? slotsToKeep(this.#tree, sequences) : (sequences[0]?.kept.length ?? 0),
    );
    return this.#tree.size;
  }

  #plan(evaluations: readonly Evaluation[], start: number): Planned[] {
    return evaluations.map((evaluation) => {
      const before = this.#tree.size;
      const slots = this.#tree.insert(evaluation.ids, this.#keptSlots(evaluation, start), start);
      return { evaluation, slots, computedTokens: this.#tree.size - before };
    });
  }

  /**
   * The slots of a sequence's beginning that need not be computed: they are here, and so is whatever is wanted of them.
   * Slots from `fresh` on are about to be computed: of them anything can be had.
   */
  #keptSlots({ ids, hiddenPositions, scored }: Evaluation, fresh: number): number[] {
    const slots = this.#tree.find(ids);
    const isOld = (at: number): boolean => at < slots.length && slots[at] < fresh;
    const state = hiddenPositions.find((at) => isOld(at) && !this.#states.has(slots[at])) ?? ids.length;
    const head = scored?.positions.find(isOld) ?? ids.length;
    return slots.slice(0, Math.min(state, head));
  }

  #truncate(size: number): void {
    for (let slot = this.#tree.size - 1; size <= slot; slot -= 1) this.#states.delete(slot);
    this.#tree.truncate(size);
  }

  async #run(step: {
    readonly from: number;
    readonly to: number;
    readonly longest: number;
    readonly hidden: readonly number[];
    readonly heads: readonly ScoredSlot[];
  }): Promise<Omit<EvaluationResult, 'computedTokens'>> {
    const { from, to, heads } = step;
    const { session } = this.#open;
    const rowSlots = [...new Set([...step.hidden, ...heads.map(({ slot }) => slot)])].sort((a, b) => a - b);
    const rowOf = new Map(rowSlots.map((slot, row) => [slot, row]));
    // Where nothing is wanted one row is computed all the same, so that no kernel meets an empty tensor.
    const selected = rowSlots.length === 0 ? [0] : rowSlots.map((slot) => slot - from);
    const tokens = Array.from({ length: to - from }, (_, index) => this.#tree.tokenAt(from + index));
    const feeds: Record<string, Tensor> = {
      input_ids: int64([1, to - from], tokens),
      last_position: new Tensor('int32', Int32Array.of(to - 1), [1]),
      total_tokens: new Tensor('int32', Int32Array.of(to), []),
      selected_positions: int64([selected.length], selected),
      ...this.#rotaryFeeds(step.longest),
      ...this.#packingFeeds(from, to),
      ...this.#cache.feeds(),
      ...this.#weightFeeds(),
    };
    if (session.inputNames.includes('logit_rows')) {
      feeds['logit_rows'] = int64(
        [heads.length],
        heads.map(({ slot }) => rowOf.get(slot) as number),
      );
      feeds['target_ids'] = int64(
        [heads.length],
        heads.map(({ target }) => target ?? 0),
      );
    }
    const fetches: Record<string, null> = { hidden: null, ...this.#cache.fetches() };
    if (heads.some(({ target }) => target === null)) fetches['logits'] = null;
    if (heads.some(({ target }) => target !== null)) fetches['log_probabilities'] = null;
    const outputs = await this.#runSession(feeds, fetches);
    this.#cache.accept(outputs, from);
    const states = rows(outputs['hidden'], rowSlots.length);
    return {
      hidden: step.hidden.map((slot) => states[rowOf.get(slot) as number]),
      logits: rows(outputs['logits'], outputs['logits'] === undefined ? 0 : heads.length),
      logProbabilities: Array.from(floats(outputs['log_probabilities'])),
    };
  }

  #weightFeeds(): Record<string, Tensor> {
    const { live } = this.#open;
    return live === null ? {} : live.weights.feeds(live.names);
  }

  #rotaryFeeds(sequenceLength: number): Record<string, Tensor> {
    const positions = Math.max(this.#cache.capacity, this.#tree.size);
    const feeds = this.#rotaries.feeds({ positions, sequenceLength });
    return Object.fromEntries(feeds.map(({ name, data, dims }) => [name, new Tensor('float32', data, dims)]));
  }

  /** Who sees whom, and where each token stands in its own sequence. */
  #packingFeeds(from: number, to: number): Record<string, Tensor> {
    const { inputNames } = this.#open.session;
    const feeds: Record<string, Tensor> = {};
    if (inputNames.includes('position_ids')) {
      const positions = Array.from({ length: to - from }, (_, index) => this.#tree.positionAt(from + index));
      feeds['position_ids'] = int64([1, to - from], positions);
    }
    for (const window of this.#windows) {
      const bias = this.#biasOf(window, (to - from) * to);
      this.#tree.fillBias(bias, { from, to, window, hidden: HIDDEN_SCORE });
      feeds[biasName(window)] = new Tensor('float32', bias, [1, 1, to - from, to]);
    }
    return feeds;
  }

  /** Room for the bias of a window; the same in every run, since fresh memory would have the collector come often. */
  #biasOf(window: number | null, size: number): Float32Array {
    const known = this.#biases.get(window);
    if (known !== undefined && size <= known.length) return known.subarray(0, size);
    const made = new Float32Array(size);
    this.#biases.set(window, made);
    return made;
  }

  async #runSession(
    feeds: Record<string, Tensor>,
    fetches: Record<string, null>,
  ): Promise<InferenceSession.OnnxValueMapType> {
    try {
      return await this.#open.session.run(feeds, fetches);
    } catch (error) {
      throw deviceError(`${this.device} failed while running the model`, error);
    }
  }
}

function scoredSlots({ ids, scored }: Evaluation, slots: readonly number[]): ScoredSlot[] {
  if (scored === undefined) return [];
  const isPrediction = scored.kind === 'predictions';
  return scored.positions.map((at) => ({ slot: slots[at], target: isPrediction ? ids[at + 1] : null }));
}

/**
 * Tokens a run. On a CPU 128 fill its matrix units, and more would only make attention look at what is masked; on top of
 * that about a quarter of a second of work on a small machine, so that cancelling is quick. Weights that come with each run
 * are packed in each: twice as many tokens take an eighth less time.
 */
function chunkLength({ weightBytes, chosen, live }: OpenDecoder): number {
  const tokens = 3.3e10 / (weightBytes / 4);
  const ofCpu = live === null ? 128 : 256;
  const most = chosen.provider.device === 'cpu' ? ofCpu : 512;
  return Math.max(32, Math.min(most, 2 ** Math.round(Math.log2(tokens))));
}

/**
 * Tokens of each run when there are so many to compute: runs of one length, up to half as long again as a full one,
 * since every run reads all weights, and a last one of a few tokens would do so for nothing.
 */
function runLength(tokens: number, chunkLength: number): number {
  return Math.ceil(tokens / Math.max(1, Math.ceil(tokens / (1.5 * chunkLength))));
}

function int64(dims: readonly number[], values: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

function floats(tensor: InferenceSession.OnnxValueMapType[string] | undefined): Float32Array {
  return tensor === undefined ? new Float32Array(0) : (tensor.data as Float32Array);
}

function rows(tensor: InferenceSession.OnnxValueMapType[string] | undefined, count: number): Float32Array[] {
  if (count === 0) return [];
  const data = floats(tensor);
  const width = data.length / count;
  return Array.from({ length: count }, (_, index) => data.slice(index * width, (index + 1) * width));
}
