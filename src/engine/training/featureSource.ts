import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { countOf } from '../../core/describeQuantity';
import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import type { RunKey } from '../../core/journal';
import { countInputCharacters } from '../../core/promptFile/countCharacters';
import type { ScorableInput } from '../../core/promptFile/scorableRow';
import { findGateText } from '../../core/reward/gateText';
import type { RowError } from '../../core/reward/rewardBreakdown';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import type { FeatureMatrix, FeaturePlace, FeatureSpec } from '../../core/training/featureMatrix';
import { cacheFolder } from '../checkpoint/cacheFolder';
import { createTexts, type OpenedTokenizer } from '../checkpoint/openTokenizer';
import { openUsableCheckpoint } from '../checkpoint/openUsableCheckpoint';
import { readTokenizerSource } from '../checkpoint/readTokenizerSource';
import { DecoderSession } from '../onnx/decoderSession';
import { bodyOf } from '../reward/createRewardModel';
import { describeStore, storeKey, storeName, writeDescription, type FeatureBody } from './featureBody';
import { FeatureProgress } from './featureProgress';
import { FeatureStore } from './featureStore';
import { FeatureTexts, type FeatureText } from './featureTexts';
import { cutWindows, makeWindow } from './featureWindow';

export interface FeatureSourceParams {
  /** A checkpoint folder, a .gguf file, a hub id in the local cache, or `starter`. */
  readonly reference: string;
  /** Folder from which a relative reference starts. */
  readonly cwd?: string | undefined;
  readonly spec: FeatureSpec;
  /** Longer texts lose their beginning; null: the model's context, and longer texts are errors. */
  readonly maxTokens: number | null;
  /** false: texts longer than `maxTokens` are errors too. Default true. */
  readonly truncate?: boolean | undefined;
  /** Where features are kept; default: in the cache of this machine. */
  readonly folder?: string | undefined;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
}

/** Where the features of texts come from: what was kept, else the model, which is opened only then. */
export interface FeatureSource {
  readonly body: FeatureBody;
  /** Where its features are kept. */
  readonly folder: string;
  /** What closes the user's turn and opens the assistant's in the body's template; null: it has no such text. */
  readonly gateText: string | null;
  /** What has been done so far. */
  readonly counts: FeatureCounts;
  /**
   * The features of some texts. Texts that are the same share a row; those that follow each other and begin alike share
   * the work. What is made is on the disk, window by window, before it is counted: a killed run goes on there.
   * @throws AlidadeError `device`, `no_space`, `permission`, `format` (the store), `gate_not_found` (no gate text),
   * `cancelled`.
   */
  read(inputs: readonly ScorableInput[], context: JobContext): Promise<TextFeatures>;
  /** Gives back the model's memory; what was read can still be read, and the model is opened again when it is needed. */
  closeModel(): Promise<void>;
  /** Closes the model and all files: what was read can no longer be read. */
  release(): Promise<void>;
}

export interface FeatureCounts {
  /** Different texts that were asked for. */
  readonly texts: number;
  /** Of these, made with the model. */
  readonly made: number;
  /** Of these, there already. */
  readonly kept: number;
  /** Of these, impossible: too long, without a response. */
  readonly errors: number;
}

export interface TextFeatures {
  /** By input: its row in the matrices, or why it has none. */
  readonly places: readonly ({ readonly row: number } | { readonly error: RowError })[];
  /** The states at one of the places of the spec, one row a text. */
  matrix(place: FeaturePlace): FeatureMatrix;
  /** Tokens of each row's response. */
  readonly responseTokens: Int32Array; // [rows]
}

/**
 * Opens the features of a body.
 * @throws AlidadeError `not_found`, `format`, `unsupported`, `weights` (also a layer that the body does not have),
 * `gate_not_found` for a template in which a gate has no place, `permission`, `cancelled`.
 */
export async function openFeatureSource(params: FeatureSourceParams, context: JobContext): Promise<FeatureSource> {
  const { reference, cwd, spec, maxTokens, truncate = true, dtype } = params;
  const { checkpoint } = await openUsableCheckpoint({ reference, cwd }, context);
  checkLayer(checkpoint, spec.layer);
  const source = await readTokenizerSource(checkpoint);
  const texts = createTexts(source, checkpoint.path);
  const gateText = texts.template === null ? null : findGateText(texts.template, texts.tokenizer);
  if (spec.places.includes('gate') && gateText === null) throw noGateText(checkpoint);
  const key = storeKey({
    checkpoint,
    texts: source,
    layer: spec.layer,
    mostTokens: maxTokens === null ? 'all' : truncate ? String(maxTokens) : `${maxTokens}, no longer texts`,
    dtype: dtype === 'auto' ? 'f32' : dtype,
  });
  const folder = join(params.folder ?? join(cacheFolder(), 'features'), storeName(checkpoint, key));
  const body = await describeStore({ folder, key, checkpoint }, context);
  const store = await FeatureStore.open({ folder, columns: body.hiddenSize, places: spec.places });
  return new StoredFeatureSource({ params, checkpoint, texts, gateText, body, folder, key, store });
}

interface SourceParts {
  readonly params: FeatureSourceParams;
  readonly checkpoint: Checkpoint;
  readonly texts: OpenedTokenizer;
  readonly gateText: string | null;
  readonly body: FeatureBody;
  readonly folder: string;
  readonly key: RunKey;
  readonly store: FeatureStore;
}

class StoredFeatureSource implements FeatureSource {
  readonly body: FeatureBody;
  readonly folder: string;
  readonly gateText: string | null;
  readonly #parts: SourceParts;
  readonly #preparer: FeatureTexts;
  #counts: FeatureCounts = { texts: 0, made: 0, kept: 0, errors: 0 };
  #session: DecoderSession | null = null;

  constructor(parts: SourceParts) {
    const { params, checkpoint, texts, gateText, body } = parts;
    this.#parts = parts;
    this.body = body;
    this.folder = parts.folder;
    this.gateText = gateText;
    this.#preparer = new FeatureTexts({
      checkpoint,
      texts,
      places: params.spec.places,
      gateText,
      maxTokens: params.maxTokens,
      truncate: (params.truncate ?? true) && params.maxTokens !== null,
    });
  }

  get counts(): FeatureCounts {
    return this.#counts;
  }

  async read(inputs: readonly ScorableInput[], context: JobContext): Promise<TextFeatures> {
    const { store } = this.#parts;
    const inputKeys = inputs.map(keyOfInput);
    const texts = new Map(inputs.map((input, index) => [inputKeys[index], input]));
    const damaged = store.check(texts.keys(), context);
    if (0 < damaged) context.logger.warn(`${countOf(damaged, 'state')} on the disk had changed: made again`);
    const missing = new Set([...texts.keys()].filter((key) => store.find(key) === null));
    const errors = new Map<string, RowError>();
    if (0 < missing.size) await this.#make(texts, missing, errors, context);
    const keys = [...texts.keys()].filter((key) => !errors.has(key));
    const rowOf = new Map(keys.map((key, row) => [key, row]));
    const before = this.#counts;
    this.#counts = {
      texts: before.texts + texts.size,
      made: before.made + missing.size - errors.size,
      kept: before.kept + texts.size - missing.size,
      errors: before.errors + errors.size,
    };
    const matrices = new Map<FeaturePlace, FeatureMatrix>();
    for (const place of this.#parts.params.spec.places) matrices.set(place, store.matrix(keys, place));
    return {
      places: inputKeys.map((key) => {
        const error = errors.get(key);
        return error === undefined ? { row: rowOf.get(key) as number } : { error };
      }),
      matrix: (place) => {
        const matrix = matrices.get(place);
        if (matrix === undefined) throw new RangeError(`states at ${place} were not asked for`);
        return matrix;
      },
      responseTokens: Int32Array.from(keys, (key) => store.find(key)?.responseTokens ?? 0),
    };
  }

  async closeModel(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.release();
  }

  async release(): Promise<void> {
    await this.closeModel();
    await this.#parts.store.release();
  }

  /** Windows are cut from all texts, so that they begin at the same ones whatever an earlier run has made. */
  async #make(
    texts: ReadonlyMap<string, ScorableInput>,
    missing: ReadonlySet<string>,
    errors: Map<string, RowError>,
    context: JobContext,
  ): Promise<void> {
    const { store } = this.#parts;
    const progress = new FeatureProgress(
      Array.from(missing, (key) => countInputCharacters(texts.get(key) as ScorableInput)),
      context.progress,
    );
    try {
      for (const window of cutWindows(texts)) {
        throwIfCancelled(context.signal);
        const wanted = window.filter(([key]) => missing.has(key));
        const prepared = wanted.flatMap(([key, input]) => {
          const outcome = this.#preparer.prepare(input);
          if ('text' in outcome) return [{ key, ...outcome.text }];
          errors.set(key, outcome.error);
          return [];
        });
        if (0 < prepared.length) await this.#makeWindow(prepared, errors, context);
        progress.add(wanted.map(([, input]) => countInputCharacters(input)));
        await nextTurn(); // lets a cancellation in
      }
    } finally {
      await store.endWriting();
    }
  }

  async #makeWindow(
    window: readonly (FeatureText & { readonly key: string })[],
    errors: Map<string, RowError>,
    context: JobContext,
  ): Promise<void> {
    const { store, folder, key, body } = this.#parts;
    if (!store.isWriting) {
      await store.beginWriting(context);
      await writeDescription(folder, key, body);
    }
    // Another process may have made some of them, and what it has left may be damaged.
    store.check(
      window.map((text) => text.key),
      context,
    );
    const session = await this.#openSession(context);
    const { made, broken } = await makeWindow({ session, store, texts: window }, context);
    for (const text of broken) {
      errors.set(text, { code: 'row', message: "the model's states are not finite numbers" });
    }
    await store.append(made);
  }

  async #openSession(context: JobContext): Promise<DecoderSession> {
    const { params, checkpoint } = this.#parts;
    const { device, dtype, threads, spec } = params;
    const opened = bodyOf({ pooling: { layer: spec.layer } });
    this.#session ??= await DecoderSession.open({ checkpoint, ...opened, device, dtype, threads }, context);
    return this.#session;
  }
}

function checkLayer({ config, path }: Checkpoint, layer: FeatureSpec['layer']): void {
  if (layer === 'final' || layer <= config.layerCount) return;
  throw new AlidadeError({
    code: 'weights',
    message: `layer ${layer} was asked for, ${path} has ${config.layerCount}`,
    hint: `choose a layer from 1 to ${config.layerCount}, or the final norm`,
  });
}

function noGateText({ path }: Checkpoint): AlidadeError {
  return new AlidadeError({
    code: 'gate_not_found',
    message: `${path}: no text of its chat template always stands where a reply begins, so a gate has no place to read`,
    hint: 'train a head without a gate, or choose a body with a chat template',
  });
}

/** The same for the same text, however its row spells it. */
function keyOfInput(input: ScorableInput): string {
  const content =
    input.kind === 'messages'
      ? input.messages.map(({ role, content }) => [role, content])
      : input.kind === 'text'
        ? input.text
        : input.ids;
  return createHash('sha256')
    .update(JSON.stringify([input.kind, content]))
    .digest('hex');
}
