import { AlidadeError } from '../../core/alidadeError';
import type { DeviceChoice } from '../../core/device';
import { Exclusive } from '../../core/exclusive';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { JobContext } from '../../core/jobContext';
import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import type { MergePlan } from '../../core/merging/plan/mergePlan';
import type { Message } from '../../core/promptFile/message';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { OpenedTokenizer } from '../checkpoint/openTokenizer';
import { answerMessages } from '../generation/answerMessages';
import { requireLanguageModelHead } from '../generation/languageModel';
import type { LanguageModel } from '../generation/languageModel';
import { measureText } from '../generation/measureText';
import type { MeasurableText } from '../generation/measureText';
import { perplexityOf } from '../generation/perplexity';
import { DecoderSession } from '../onnx/decoderSession';
import type { OpenDecoderParams } from '../onnx/openDecoder';
import { bodyOf, createRewardModel } from '../reward/createRewardModel';
import { isRowFailure } from '../reward/isRowFailure';
import { openHead } from '../reward/openHead';
import type { RewardModel, ScoreOptions } from '../reward/rewardModel';
import type { RowScorer } from '../reward/rowScorer';
import { LiveTensors } from './liveTensors';
import type { LiveMerging } from './liveTensors';
import { describeMergedCheckpoint, openMergedTokenizer } from './mergedCheckpoint';
import type { MergedCheckpoint } from './mergedCheckpoint';
import { scoreAll } from './scoreAll';

export interface LiveMergeParams {
  /** Of a recipe, in order: the last is the model. */
  readonly stages: readonly MergePlan[];
  /** A head file on the merged body, instead of the merged head. */
  readonly headPath?: string | undefined;
  /** The same for a merge that has no reward head of its own. */
  readonly fallbackHead?: string | undefined;
  /** `auto` is the CPU: the weights go to the device with every run. */
  readonly device: DeviceChoice;
  readonly threads?: number | undefined;
  /** How much memory may be taken, bytes; default: what is free. */
  readonly freeBytes?: () => number;
}

export interface AnswerOptions {
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface MergePrompt {
  readonly id: string;
  /** They end with a turn that can be answered. */
  readonly messages: readonly Message[];
}

export interface GeneratedRows extends AnswerOptions {
  readonly prompts: readonly MergePrompt[];
  /** Scores what the merged model answers. */
  readonly scorer: Pick<RowScorer, 'description' | 'scoreBatch'>;
  /** Told each answer when it is complete, with the place of its prompt. */
  readonly onAnswer?: ((answer: GeneratedAnswer, index: number) => void) | undefined;
}

export interface MeasureMergeParams {
  /** Scored by the merged model itself. */
  readonly rows: readonly ScorableRow[];
  /** Whose perplexity is wanted, all together. */
  readonly texts: readonly MeasurableText[];
  /** Of a plain text so many tokens from its beginning are read; default: all. */
  readonly textTokens?: number | undefined;
  /** Weights of objectives that the scoring model does not have are left aside. */
  readonly options?: ScoreOptions | undefined;
  /** Instead of `rows`: what a merged policy answers, scored by another model. */
  readonly generated?: GeneratedRows | undefined;
}

/** How likely the merged model finds given replies. */
export interface RepliesLikelihood {
  /** Sum of ln p over the predicted tokens of all rows that could be read. */
  readonly logLikelihood: number;
  readonly tokens: number;
  readonly rows: readonly {
    readonly id: string;
    /** null: the row cannot be read, see `error`. */
    readonly logLikelihood: number | null;
    readonly tokens: number;
    readonly error: string | null;
  }[];
}

/**
 * A merge that runs without being written: its tensors are merged into memory and go into graphs as inputs, so that
 * another plan costs the tensors that changed. Rewards and perplexity come from the models that everything else uses
 * (`RewardModel`, `LanguageModel`). One thing at a time: calls wait for each other.
 */
export class LiveMerge {
  readonly #params: Omit<LiveMergeParams, 'stages'>;
  readonly #tensors: LiveTensors;
  readonly #exclusive = new Exclusive();
  #merged: MergedCheckpoint;
  #stages: readonly MergePlan[];
  #texts: OpenedTokenizer | null = null;
  #body: DecoderSession | null = null;
  #reward: RewardModel | null = null;
  #language: LanguageModel | null = null;
  /** Since the last measurement. */
  #merging: LiveMerging = nothing;

  private constructor(params: LiveMergeParams, merged: MergedCheckpoint) {
    this.#params = params;
    this.#stages = params.stages;
    this.#merged = merged;
    this.#tensors = new LiveTensors(params.freeBytes);
    this.#tensors.setPlan(params.stages, merged.planned);
  }

  /**
   * Merges nothing yet: what is measured says what is needed.
   * @throws AlidadeError `unsupported` for an architecture that cannot be run here, `weights` when the merged tensors do
   * not fit it. Such a recipe can be merged all the same.
   */
  static async open(params: LiveMergeParams, _context: JobContext): Promise<LiveMerge> {
    return new LiveMerge(params, await describeMergedCheckpoint(lastOf(params.stages)));
  }

  /** Bytes of the merged tensors in memory. */
  get bytes(): number {
    return this.#tensors.bytes;
  }

  /** Whether it has a reward head of its own, or one was given. */
  get hasReward(): boolean {
    return this.#headPath !== null || this.#merged.checkpoint.head !== null;
  }

  /** Whether it can predict tokens. */
  get hasLanguage(): boolean {
    return hasLanguageModelHead(this.#merged);
  }

  /**
   * Goes over to another plan: of the tensors in memory those that differ are merged anew. A model of other shapes or with
   * another tokenizer is begun afresh.
   * @throws AlidadeError as `open` and `measure`; after that the plan is the new one, and what is missing is merged when
   * it is needed.
   */
  update(stages: readonly MergePlan[], context: JobContext): Promise<LiveMerging> {
    return this.#exclusive.run(async () => {
      const merged = await describeMergedCheckpoint(lastOf(stages));
      if (merged.structure !== this.#merged.structure) await this.#close();
      this.#merged = merged;
      this.#stages = stages;
      this.#reward = null;
      if (this.#language !== null) this.#language = { ...this.#language, checkpoint: merged.checkpoint };
      this.#tensors.setPlan(stages, merged.planned);
      return this.#merge(this.#tensors.names, context);
    });
  }

  /**
   * Reward on rows, or of what is generated, and perplexity on texts. What cannot be scored or read has its error in the
   * result, and the others count.
   * @throws AlidadeError `weights` for rows when there is no reward head, `not_found` without a tokenizer, `no_space` when
   * there is not enough memory, `usage`, `device`, `cancelled`; `row` when none of the texts can be read.
   */
  measure(params: MeasureMergeParams, context: JobContext): Promise<MergeMeasurement> {
    const started = performance.now();
    const { rows, texts, textTokens, options = {}, generated } = params;
    return this.#exclusive.run(async () => {
      if (generated !== undefined && 0 < rows.length) {
        throw new AlidadeError({ code: 'usage', message: 'either rows are scored or what is generated, not both' });
      }
      const reward =
        generated === undefined
          ? await this.#scoreRows(rows, options, context)
          : await this.#scoreGenerated(generated, options, context);
      const perplexity = await this.#measureTexts(texts, textTokens, context);
      const { mergedTensors, milliseconds } = this.#merging;
      this.#merging = nothing;
      return {
        reward,
        perplexity,
        mergedTensors,
        mergeMilliseconds: milliseconds,
        milliseconds: performance.now() - started,
      };
    });
  }

  /**
   * How likely the merged model finds the assistant's turns of some rows, with their ends of turn.
   * @throws AlidadeError `weights` when it has no language-model head, `not_found`, `no_space`, `device`, `cancelled`.
   */
  logLikelihood(rows: readonly ScorableRow[], context: JobContext): Promise<RepliesLikelihood> {
    return this.#exclusive.run(async () => {
      const model = await this.#openLanguage(context);
      const measured: RepliesLikelihood['rows'][number][] = [];
      for (const row of rows) {
        context.progress({ message: 'Reading replies', done: measured.length, total: rows.length, unit: 'rows' });
        const { value, error } = await attempt(() => measureText(model, row, silent(context)));
        const logLikelihood = value === null ? null : -value.nll;
        measured.push({ id: row.id, logLikelihood, tokens: value?.tokens ?? 0, error });
      }
      return {
        logLikelihood: measured.reduce((sum, row) => sum + (row.logLikelihood ?? 0), 0),
        tokens: measured.reduce((sum, { tokens }) => sum + tokens, 0),
        rows: measured,
      };
    });
  }

  /**
   * What the merged model answers to each prompt.
   * @throws AlidadeError `weights` when it has no language-model head, `template`, `too_long`, `row`, `cancelled` and as
   * `measure`.
   */
  generate(
    params: AnswerOptions & {
      readonly prompts: readonly MergePrompt[];
      readonly onAnswer?: GeneratedRows['onAnswer'];
    },
    context: JobContext,
  ): Promise<readonly GeneratedAnswer[]> {
    return this.#exclusive.run(() => this.#generate(params, context));
  }

  /** Frees the models and the tensors. */
  release(): Promise<void> {
    return this.#exclusive.run(() => this.#close());
  }

  get #headPath(): string | null {
    const { headPath, fallbackHead = null } = this.#params;
    return headPath ?? (this.#merged.checkpoint.head === null ? fallbackHead : null);
  }

  async #scoreRows(
    rows: readonly ScorableRow[],
    options: ScoreOptions,
    context: JobContext,
  ): Promise<MergeMeasurement['reward']> {
    if (rows.length === 0) return null;
    const model = await this.#openReward(context);
    const scored = await scoreAll(model, rows, options, context);
    return { ...scored, model: model.description.head, isOfGenerated: false };
  }

  async #scoreGenerated(
    { scorer, ...params }: GeneratedRows,
    options: ScoreOptions,
    context: JobContext,
  ): Promise<MergeMeasurement['reward']> {
    if (params.prompts.length === 0) return null;
    const answers = await this.#generate(params, context);
    const rows = params.prompts.map(({ id, messages }, index): ScorableRow => {
      const answered = [...messages, { role: 'assistant', content: answers[index].text } as const];
      return { kind: 'single', id, input: { kind: 'messages', messages: answered } };
    });
    const scored = await scoreAll(scorer, rows, options, context);
    return { ...scored, model: scorer.description.name, isOfGenerated: true };
  }

  async #generate(
    { prompts, onAnswer, ...options }: AnswerOptions & Omit<GeneratedRows, 'scorer'>,
    context: JobContext,
  ): Promise<readonly GeneratedAnswer[]> {
    const model = await this.#openLanguage(context);
    const answers: GeneratedAnswer[] = [];
    for (const { messages } of prompts) {
      const message = prompts.length === 1 ? 'Answering' : `Answer ${answers.length + 1} of ${prompts.length}`;
      const progress: JobContext['progress'] = ({ done = 0 }) => {
        const before = answers.length * options.maxNewTokens;
        context.progress({
          message,
          done: before + done,
          total: prompts.length * options.maxNewTokens,
          unit: 'tokens',
        });
      };
      const [answer] = await answerMessages({ model, messages, count: 1, ...options }, { ...context, progress });
      answers.push(answer);
      onAnswer?.(answer, answers.length - 1);
    }
    return answers;
  }

  async #measureTexts(
    texts: readonly MeasurableText[],
    most: number | undefined,
    context: JobContext,
  ): Promise<MergeMeasurement['perplexity']> {
    if (texts.length === 0 || !this.hasLanguage) return null;
    const model = await this.#openLanguage(context);
    const total = { tokens: 0, nll: 0 };
    const errors: { id: string; error: string }[] = [];
    for (const [index, text] of texts.entries()) {
      context.progress({ message: 'Reading texts', done: index, total: texts.length, unit: 'rows' });
      const { value, error } = await attempt(() => measureText(model, text, silent(context), most));
      if (value === null) errors.push({ id: typeof text === 'string' ? String(index + 1) : text.id, error });
      total.tokens += value?.tokens ?? 0;
      total.nll += value?.nll ?? 0;
    }
    if (total.tokens === 0) throw new AlidadeError({ code: 'row', message: errors[0].error });
    return { ...perplexityOf(total), errors };
  }

  /** With its head as it is merged now. */
  async #openReward(context: JobContext): Promise<RewardModel> {
    const { checkpoint } = this.#merged;
    if (this.#reward === null) {
      const opened = await openHead(checkpoint, this.#headPath, async (name) => {
        await this.#merge([name], context);
        return this.#tensors.values(name).slice();
      });
      const texts = await this.#openTexts();
      this.#body ??= await this.#openSession(bodyOf(opened.head), context);
      this.#reward = createRewardModel({ checkpoint, opened, session: this.#body, texts });
    }
    await this.#merge((this.#body as DecoderSession).liveNames, context);
    return this.#reward;
  }

  async #openLanguage(context: JobContext): Promise<LanguageModel> {
    const { checkpoint } = this.#merged;
    if (this.#language === null) {
      requireLanguageModelHead(checkpoint);
      const { tokenizer, template } = await this.#openTexts();
      const session = await this.#openSession({ finalNorm: true, languageModelHead: true }, context);
      this.#language = { checkpoint, tokenizer, template, session, release: () => session.release() };
    }
    await this.#merge(this.#language.session.liveNames, context);
    return this.#language;
  }

  async #openTexts(): Promise<OpenedTokenizer> {
    this.#texts ??= await openMergedTokenizer(lastOf(this.#stages));
    return this.#texts;
  }

  #openSession(
    body: Pick<OpenDecoderParams, 'layerCount' | 'finalNorm' | 'languageModelHead' | 'cache'>,
    context: JobContext,
  ): Promise<DecoderSession> {
    const { device, threads } = this.#params;
    const params = {
      checkpoint: this.#merged.checkpoint,
      ...body,
      device: device === 'auto' ? 'cpu' : device,
      threads,
      liveWeights: this.#tensors.weights,
    } as const;
    return DecoderSession.open(params, context);
  }

  async #merge(names: Iterable<string>, context: JobContext): Promise<LiveMerging> {
    const stale = this.#tensors.stale(names);
    if (stale.length === 0) return nothing;
    // Whatever comes of it, what has been computed with the old weights is of no use.
    await Promise.all([this.#body?.forget(), this.#language?.session.forget()]);
    const merging = await this.#tensors.merge(stale, context);
    this.#merging = {
      mergedTensors: this.#merging.mergedTensors + merging.mergedTensors,
      milliseconds: this.#merging.milliseconds + merging.milliseconds,
    };
    return merging;
  }

  async #close(): Promise<void> {
    const sessions = [this.#body, this.#language?.session];
    this.#texts = null;
    this.#body = null;
    this.#reward = null;
    this.#language = null;
    for (const session of sessions) await session?.release();
    this.#tensors.clear();
  }
}

const nothing: LiveMerging = { mergedTensors: 0, milliseconds: 0 };

function lastOf(stages: readonly MergePlan[]): MergePlan {
  const last = stages.at(-1);
  if (last !== undefined) return last;
  throw new AlidadeError({ code: 'recipe', message: 'there is nothing to merge' });
}

function hasLanguageModelHead({ checkpoint }: MergedCheckpoint): boolean {
  try {
    requireLanguageModelHead(checkpoint);
    return true;
  } catch {
    return false;
  }
}

/** What concerns one row is told with it, everything else stops the measurement. */
async function attempt<Value>(
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly error: null } | { readonly value: null; readonly error: string }> {
  try {
    return { value: await work(), error: null };
  } catch (error) {
    if (!isRowFailure(error)) throw error;
    return { value: null, error: error.message };
  }
}

function silent(context: JobContext): JobContext {
  return { ...context, progress: () => undefined };
}
