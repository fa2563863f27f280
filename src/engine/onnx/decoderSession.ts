import { availableParallelism, freemem } from 'node:os';
import { dirname, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { commonPrefixLength } from '../../core/commonPrefixLength';
import type { DeviceChoice } from '../../core/device';
import { Exclusive } from '../../core/exclusive';
import type { JobContext } from '../../core/jobContext';
import { describeDecoder } from '../../core/onnx/architectures/describeDecoder';
import type { AttentionKind } from '../../core/onnx/attention';
import { buildDecoder } from '../../core/onnx/buildDecoder';
import { listDecoderTensors } from '../../core/onnx/decoderDescription';
import type { DecoderDescription } from '../../core/onnx/decoderDescription';
import { buildRotaryTable } from '../../core/onnx/rotaryTable';
import type { RotaryTable } from '../../core/onnx/rotaryTable';
import { writeModel } from '../../core/onnx/writeModel';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { chooseDevice, silenceRuntime } from './chooseDevice';
import type { ChosenDevice } from './chooseDevice';
import type { Device } from './executionProviders';
import { graphWeights } from './graphWeights';
import { InPlaceCache, ReplacedCache } from './keyValueCache';
import type { KeyValueCache } from './keyValueCache';
import { prepareWeights } from './prepareWeights';
import { storedTensors } from './storedWeight';
import type { StoredWeight } from './storedWeight';

/** `mapped`: weights are used where they lie in the file. `prepacked`: copied once into the layout that is fastest. */
export type WeightMode = 'mapped' | 'prepacked';

export interface DecoderSessionParts {
  readonly checkpoint: Checkpoint;
  /** Layers to run, from the first; all of them when left out. */
  readonly layerCount?: number;
  /** Hidden states come out after the final norm. */
  readonly finalNorm: boolean;
  readonly languageModelHead: boolean;
  readonly device: DeviceChoice;
  readonly threads?: number | undefined;
  /** Set only to compare; otherwise the device decides. */
  readonly attention?: AttentionKind;
  /** Set only to compare; otherwise the free memory decides. */
  readonly weightMode?: WeightMode | undefined;
}

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

/** Positions by which the rotary table grows. */
const ROTARY_STEP = 256;

/** A decoder loaded on a device, with the keys and values of the last sequence that it has seen. */
export class DecoderSession {
  readonly decoder: DecoderDescription;
  readonly device: Device;
  readonly deviceReason: string;
  readonly weightMode: WeightMode;
  readonly #session: InferenceSession;
  readonly #cache: KeyValueCache;
  readonly #chunk: number;
  readonly #exclusive = new Exclusive();
  #cachedIds: readonly number[] = [];
  #rotary: RotaryTable;

  private constructor(parts: {
    readonly decoder: DecoderDescription;
    readonly chosen: ChosenDevice;
    readonly weightMode: WeightMode;
    readonly session: InferenceSession;
    readonly cache: KeyValueCache;
    readonly chunk: number;
  }) {
    this.decoder = parts.decoder;
    this.device = parts.chosen.provider.device;
    this.deviceReason = parts.chosen.reason;
    this.weightMode = parts.weightMode;
    this.#session = parts.session;
    this.#cache = parts.cache;
    this.#chunk = parts.chunk;
    this.#rotary = buildRotaryTable(parts.decoder.rotary, 0);
  }

  /** @throws AlidadeError `unsupported`, `weights`, `device`, `no_space`, `cancelled`. */
  static async open(parts: DecoderSessionParts, context: JobContext): Promise<DecoderSession> {
    const { checkpoint } = parts;
    const decoder = describeDecoder(checkpoint.config);
    const layerCount = Math.min(parts.layerCount ?? decoder.layers.length, decoder.layers.length);
    const chosen = await chooseDevice(parts.device);
    const fusable = chosen.provider.attention === 'fused' && decoder.headDim % 16 === 0; // what GroupQueryAttention demands
    const attention = parts.attention ?? (fusable ? 'fused' : 'plain');
    const tied = !checkpoint.tensors.has(decoder.languageModelHead);
    const names = listDecoderTensors({ ...decoder, layers: decoder.layers.slice(0, layerCount) }).map(
      ({ name }) => name,
    );
    if (parts.languageModelHead && !tied) names.push(decoder.languageModelHead);
    const wanted = names.map((name) => ({ name, role: 'plain' as const }));
    const { weights } = await prepareWeights({ checkpoint, wanted, dtype: 'f32' }, context);
    throwIfCancelled(context.signal);

    const tensors = [...weights.values()].flatMap(storedTensors);
    const externalRoot = commonFolder(tensors.map(({ file }) => file));
    const { inputs, outputs } = buildDecoder(
      decoder,
      graphWeights({
        blocks: 'exact',
        find: (name) => {
          const source = name === decoder.languageModelHead && tied ? decoder.embedding : name;
          return weights.get(source) as StoredWeight;
        },
      }),
      {
        layerCount,
        finalNorm: parts.finalNorm,
        languageModelHead: parts.languageModelHead,
        attention,
        cache: 'sequence',
      },
    );
    const model = writeModel({ name: checkpoint.name, inputs, outputs, externalRoot });
    const weightBytes = tensors.reduce((sum, place) => sum + place.length, 0);
    const weightMode = parts.weightMode ?? chooseWeightMode(weightBytes);
    context.progress({ message: `Loading ${checkpoint.name} on ${chosen.provider.device}` });
    const session = await createSession(model, {
      executionProviders: [chosen.provider.device],
      intraOpNumThreads: parts.threads ?? availableParallelism(),
      logSeverityLevel: 4,
      ...(chosen.provider.keepsTensors ? { preferredOutputLocation: cacheLocations(layerCount) } : {}),
      extra: {
        session: {
          model_external_initializers_file_folder_path: externalRoot,
          disable_prepacking: weightMode === 'mapped' ? '1' : '0',
          // Worker threads that go on spinning would take the cores from the editor while nothing runs.
          force_spinning_stop: '1',
        },
      },
    });
    const shape = { layerCount, keyValueHeadCount: decoder.keyValueHeadCount, headDim: decoder.headDim };
    const cache = attention === 'fused' ? new InPlaceCache(shape) : new ReplacedCache(shape);
    context.logger.info(
      `${checkpoint.name}: ${layerCount} layers on ${chosen.provider.device} (${chosen.reason}), weights ${weightMode}`,
    );
    return new DecoderSession({ decoder, chosen, weightMode, session, cache, chunk: chunkLength(weightBytes) });
  }

  /**
   * Runs the part of a sequence that is not in the cache, in chunks between which cancellation is heard.
   * @throws AlidadeError `cancelled`, `device`.
   */
  evaluate(evaluation: Evaluation, context: JobContext): Promise<EvaluationResult> {
    return this.#exclusive.run(() => this.#evaluate(evaluation, context));
  }

  /** Frees the model's memory. */
  release(): Promise<void> {
    return this.#exclusive.run(async () => {
      this.#cache.release();
      await this.#session.release();
    });
  }

  async #evaluate(evaluation: Evaluation, context: JobContext): Promise<EvaluationResult> {
    const { ids, hiddenPositions, scored = { kind: 'logits', positions: [] } } = evaluation;
    const result: EvaluationResult & { computedTokens: number } = {
      hidden: [],
      logits: [],
      logProbabilities: [],
      computedTokens: 0,
    };
    const firstWanted = Math.min(ids.length - 1, hiddenPositions[0] ?? Infinity, scored.positions[0] ?? Infinity);
    let done = Math.min(firstWanted, commonPrefixLength(ids, this.#cachedIds));
    this.#reserve(ids, done);
    while (done < ids.length) {
      throwIfCancelled(context.signal);
      const end = Math.min(done + this.#chunk, ids.length);
      const start = done;
      const within = (wanted: readonly number[]): number[] =>
        wanted.filter((position) => start <= position && position < end).map((position) => position - start);
      const positions = within(scored.positions);
      // Until the run has returned, what the cache holds beyond `done` is unknown.
      this.#cachedIds = ids.slice(0, done);
      const outputs = await this.#run({
        ids: ids.slice(done, end),
        past: done,
        hidden: within(hiddenPositions),
        scored: positions,
        targets: scored.kind === 'logits' ? null : positions.map((position) => ids[start + position + 1]),
      });
      result.hidden.push(...outputs.hidden);
      result.logits.push(...outputs.logits);
      result.logProbabilities.push(...outputs.logProbabilities);
      result.computedTokens += end - done;
      done = end;
      this.#cachedIds = ids.slice(0, done);
      if (done < ids.length) {
        context.progress({ message: 'Reading', done, total: ids.length, unit: 'tokens' });
        await nextTurn(); // lets a cancellation in
      }
    }
    return result;
  }

  #reserve(ids: readonly number[], kept: number): void {
    this.#cache.reserve(ids.length, kept);
    const needed = Math.max(this.#cache.capacity, ids.length);
    if (this.#rotary.positions < needed) {
      // Grown in steps: token by token it would be made anew for each.
      this.#rotary = buildRotaryTable(this.decoder.rotary, Math.ceil(needed / ROTARY_STEP) * ROTARY_STEP);
    }
  }

  async #run(step: {
    readonly ids: readonly number[];
    readonly past: number;
    readonly hidden: readonly number[];
    readonly scored: readonly number[];
    readonly targets: readonly number[] | null;
  }): Promise<Omit<EvaluationResult, 'computedTokens'>> {
    const total = step.past + step.ids.length;
    const { positions, cosine, sine } = this.#rotary;
    const half = this.decoder.rotary.dimensions / 2;
    const withHead = this.#session.inputNames.includes('logit_rows');
    const wanted = [...new Set([...step.hidden, ...step.scored])].sort((a, b) => a - b);
    const rowOf = new Map(wanted.map((position, row) => [position, row]));
    // Where nothing is wanted one row is computed all the same, so that no kernel meets an empty tensor.
    const selected = wanted.length === 0 ? [0] : wanted;
    const feeds: Record<string, Tensor> = {
      input_ids: int64([1, step.ids.length], step.ids),
      last_position: new Tensor('int32', Int32Array.of(total - 1), [1]),
      total_tokens: new Tensor('int32', Int32Array.of(total), []),
      cosine: new Tensor('float32', cosine, [positions, half]),
      sine: new Tensor('float32', sine, [positions, half]),
      selected_positions: int64([selected.length], selected),
      ...this.#cache.feeds(),
    };
    if (withHead) {
      const logitRows = step.scored.map((position) => rowOf.get(position) as number);
      feeds['logit_rows'] = int64([logitRows.length], logitRows);
      feeds['target_ids'] = int64([step.scored.length], step.targets ?? step.scored.map(() => 0));
    }
    const fetches: Record<string, Tensor | null> = { hidden: null, ...this.#cache.fetches() };
    if (withHead && 0 < step.scored.length) fetches[step.targets === null ? 'logits' : 'log_probabilities'] = null;
    const outputs = await this.#runSession(feeds, fetches);
    this.#cache.accept(outputs);
    const states = rows(outputs['hidden'], wanted.length);
    return {
      hidden: step.hidden.map((position) => states[rowOf.get(position) as number]),
      logits: rows(outputs['logits'], step.targets === null ? step.scored.length : 0),
      logProbabilities: step.targets === null ? [] : Array.from(floats(outputs['log_probabilities'])),
    };
  }

  async #runSession(
    feeds: Record<string, Tensor>,
    fetches: Record<string, Tensor | null>,
  ): Promise<InferenceSession.OnnxValueMapType> {
    try {
      return await this.#session.run(feeds, fetches);
    } catch (error) {
      this.#cachedIds = [];
      throw deviceError(`${this.device} failed while running the model`, error);
    }
  }
}

async function createSession(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> {
  silenceRuntime();
  try {
    return await InferenceSession.create(model, options);
  } catch (error) {
    throw deviceError('the model could not be loaded', error);
  }
}

function deviceError(what: string, error: unknown): AlidadeError {
  const detail = error instanceof Error ? error.message : String(error);
  const memory = /alloc|memory/i.test(detail);
  return new AlidadeError({
    code: 'device',
    message: `${what}: ${detail.split('\n')[0] ?? detail}`,
    hint: memory ? 'close other programs, or use a smaller model or a shorter text' : 'try --device cpu',
    cause: error,
  });
}

/** Prepacked weights are private memory on top of the mapped file: taken only where plenty is free. */
export function chooseWeightMode(weightBytes: number): WeightMode {
  const forced = process.env['ALIDADE_WEIGHT_MODE'];
  if (forced === 'mapped' || forced === 'prepacked') return forced;
  return 2.5 * weightBytes + 1e9 < freemem() ? 'prepacked' : 'mapped';
}

/** Tokens a run: about a quarter of a second of work on a small CPU, so that cancelling is quick. */
function chunkLength(weightBytes: number): number {
  const tokens = 3.3e10 / (weightBytes / 4);
  return Math.max(32, Math.min(512, 2 ** Math.round(Math.log2(tokens))));
}

function cacheLocations(layerCount: number): Record<string, 'gpu-buffer'> {
  const names = Array.from({ length: layerCount }, (_, index) => [`present_key_${index}`, `present_value_${index}`]);
  return Object.fromEntries(names.flat().map((name) => [name, 'gpu-buffer']));
}

/** The deepest folder above all the files: ONNX Runtime reads external data only below one folder. */
function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0] ?? sep);
  while (!files.every((file) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new AlidadeError({
        code: 'unsupported',
        message: 'the weights and their converted copies lie on different drives',
        hint: 'set ALIDADE_CACHE to a folder on the drive of the model',
      });
    }
    folder = parent;
  }
  return folder;
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
