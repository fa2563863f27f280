import { stat } from 'node:fs/promises';
import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import type { DeviceChoice } from '../../core/device';
import { Exclusive } from '../../core/exclusive';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { JobContext } from '../../core/jobContext';
import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import type { MergeDtype } from '../../core/merging/methods/mergeMethod';
import type { MergePlan } from '../../core/merging/plan/mergePlan';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { starterHeadPath } from '../checkpoint/starterFile';
import type { MeasurableText } from '../generation/measureText';
import type { ScoreOptions } from '../reward/rewardModel';
import { LiveMerge } from './liveMerge';
import type { AnswerOptions, GeneratedRows, LiveMergeParams, MergePrompt, RepliesLikelihood } from './liveMerge';
import { readPromptsToAnswer, readRowsToScore, readTextsToMeasure } from './mergeInputs';
import type { FileContents } from './mergeInputs';
import { lineOf, planRecipeText } from './planRecipeText';

/** A recipe that runs in memory, and how. */
export interface MergeSelection extends Pick<LiveMergeParams, 'threads'> {
  /** Its text, as it is in the editor, or its plans. */
  readonly recipe: string | readonly MergePlan[];
  /** From which relative paths are taken, in this order: the recipe's folder, the current one. */
  readonly folders: readonly string[];
  /** Default: `exact`. */
  readonly arithmetic?: 'exact' | 'mergekit' | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Of the output; default: as the recipe says. */
  readonly dtype?: MergeDtype | undefined;
  /** A head file on the merged body instead of the merged head; `starter`: the starter's meters. */
  readonly headPath?: string | undefined;
  /** The same for a merge that has no reward head of its own. */
  readonly fallbackHead?: string | undefined;
  readonly device: DeviceChoice;
}

/** Files on which a merge is measured, absolute; null: none. Not both rows and prompts. */
export interface MergeInputs {
  /** Scored by the merged model. */
  readonly rows: string | null;
  /** A text, or rows whose replies are read. */
  readonly texts: string | null;
  /** Answered by the merged model; another one scores its answers. */
  readonly prompts: string | null;
}

/** How much of the files counts; all of them where nothing is said. */
export interface InputLimits {
  /** Of data files. */
  readonly rows?: number | undefined;
  /** Tokens of a plain text. */
  readonly textTokens?: number | undefined;
}

export interface MeasureRecipeParams {
  readonly merge: MergeSelection;
  readonly inputs: MergeInputs;
  readonly limits?: InputLimits | undefined;
  /** Weights of objectives that the scoring model does not have are left aside. */
  readonly options?: ScoreOptions | undefined;
  /** How prompts are answered, and by whom answers are scored. */
  readonly answers?: (AnswerOptions & Pick<GeneratedRows, 'scorer' | 'onAnswer'>) | undefined;
}

/** Bytes of a text that hold as many tokens for certain: no token is longer, but for white space. */
const BYTES_OF_A_TOKEN = 32;
const MOST_TEXT_BYTES = 64e6;

/**
 * Measures recipes one after the other without writing them. What two of them have in common is kept: models of the same
 * shapes, tensors that come out alike, files that have not changed.
 */
export class MergeScorer {
  readonly #exclusive = new Exclusive();
  #live: { readonly key: string; readonly merge: LiveMerge } | null = null;
  readonly #files = new Map<string, { readonly key: string; readonly contents: unknown }>();

  /**
   * @throws AlidadeError `recipe` for errors in the recipe, `usage`, `row` when nothing of a file can be used, and as
   * `LiveMerge`.
   */
  measure(params: MeasureRecipeParams, context: JobContext): Promise<MergeMeasurement> {
    return this.#exclusive.run(async () => {
      throwIfCancelled(context.signal);
      const { inputs, limits = {}, options, answers } = params;
      if (inputs.rows !== null && inputs.prompts !== null) {
        throw new AlidadeError({ code: 'usage', message: 'either rows are scored or prompts are answered, not both' });
      }
      const rows = await this.#rows(inputs.rows, limits, context);
      const texts = await this.#texts(inputs.texts, limits, context);
      const prompts = await this.#prompts(inputs.prompts, limits, context);
      if (0 < prompts.items.length && answers === undefined) {
        throw new AlidadeError({
          code: 'usage',
          message: 'a reward model is needed that scores the answers to the prompts',
          hint: 'choose one, or give rows with responses',
        });
      }
      const live = await this.#open(params.merge, context);
      const measurement = await live.measure(
        {
          rows: rows.items,
          texts: texts.items,
          textTokens: limits.textTokens,
          options,
          generated:
            answers === undefined || inputs.prompts === null ? undefined : { ...answers, prompts: prompts.items },
        },
        context,
      );
      return withProblems(measurement, [...rows.problems, ...prompts.problems], texts.problems);
    });
  }

  /** What the merge answers to some prompts. @throws AlidadeError `recipe`, and as `LiveMerge.generate`. */
  generate(
    params: AnswerOptions & {
      readonly merge: MergeSelection;
      readonly prompts: readonly MergePrompt[];
      readonly onAnswer?: GeneratedRows['onAnswer'];
    },
    context: JobContext,
  ): Promise<readonly GeneratedAnswer[]> {
    return this.#exclusive.run(async () => {
      throwIfCancelled(context.signal);
      const { merge, ...options } = params;
      return (await this.#open(merge, context)).generate(options, context);
    });
  }

  /** How likely a merge finds the replies of some rows. @throws AlidadeError `recipe`, and as `LiveMerge.logLikelihood`. */
  logLikelihood(
    { merge, rows }: { readonly merge: MergeSelection; readonly rows: readonly ScorableRow[] },
    context: JobContext,
  ): Promise<RepliesLikelihood> {
    return this.#exclusive.run(async () => {
      throwIfCancelled(context.signal);
      return (await this.#open(merge, context)).logLikelihood(rows, context);
    });
  }

  /** The prompts of a file; kept until it changes. @throws AlidadeError as `readPromptsToAnswer` */
  async readPrompts(path: string, limits: InputLimits, context: JobContext): Promise<readonly MergePrompt[]> {
    return (await this.#prompts(path, limits, context)).items;
  }

  /** Frees what it holds; it can be used again. */
  close(): Promise<void> {
    return this.#exclusive.run(() => this.#close());
  }

  async #close(): Promise<void> {
    this.#files.clear();
    const live = this.#live;
    this.#live = null;
    await live?.merge.release();
  }

  async #open(selection: MergeSelection, context: JobContext): Promise<LiveMerge> {
    const { device, threads, headPath, fallbackHead } = selection;
    const stages = await planned(selection, context);
    const key = JSON.stringify([device, threads, headPath, fallbackHead]);
    if (this.#live?.key === key) {
      await this.#live.merge.update(stages, context);
      return this.#live.merge;
    }
    await this.#live?.merge.release();
    this.#live = null;
    const heads = { headPath: headFile(headPath), fallbackHead: headFile(fallbackHead) };
    const merge = await LiveMerge.open({ stages, device, threads, ...heads }, context);
    this.#live = { key, merge };
    return merge;
  }

  #rows(
    path: string | null,
    { rows = Infinity }: InputLimits,
    context: JobContext,
  ): Promise<FileContents<ScorableRow>> {
    return this.#contents(path, ['rows', rows], (file) => readRowsToScore(file, rows, context));
  }

  #prompts(
    path: string | null,
    { rows = Infinity }: InputLimits,
    context: JobContext,
  ): Promise<FileContents<MergePrompt>> {
    return this.#contents(path, ['prompts', rows], (file) => readPromptsToAnswer(file, rows, context));
  }

  #texts(
    path: string | null,
    { rows = Infinity, textTokens = Infinity }: InputLimits,
    context: JobContext,
  ): Promise<FileContents<MeasurableText>> {
    const bytes = Math.min(MOST_TEXT_BYTES, BYTES_OF_A_TOKEN * textTokens);
    return this.#contents(path, ['texts', rows, bytes], (file) => readTextsToMeasure(file, { rows, bytes }, context));
  }

  /** Of a file, read again when it has changed. */
  async #contents<Item>(
    path: string | null,
    what: readonly unknown[],
    read: (path: string) => Promise<FileContents<Item>>,
  ): Promise<FileContents<Item>> {
    if (path === null) return { items: [], problems: [] };
    const found = await stat(path).catch((error: unknown) => {
      throw describeFileError(error, path);
    });
    const key = JSON.stringify([path, found.size, found.mtimeMs, ...what]);
    const kind = String(what[0]);
    const known = this.#files.get(kind);
    if (known?.key === key && !found.isDirectory()) return known.contents as FileContents<Item>;
    const contents = await read(path);
    this.#files.set(kind, { key, contents });
    return contents;
  }
}

function headFile(path: string | undefined): string | undefined {
  return path === 'starter' ? starterHeadPath() : path;
}

/** @throws AlidadeError `recipe` */
async function planned(
  { recipe, folders, arithmetic = 'exact', seed = 0, dtype }: MergeSelection,
  context: JobContext,
): Promise<readonly MergePlan[]> {
  if (typeof recipe !== 'string') return recipe;
  // The layout of files is of no consequence.
  const options = { dtype: dtype ?? null, shardBytes: 5e9, arithmetic, seed };
  const { stages, problems } = await planRecipeText({ text: recipe, folders, options }, context);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return stages;
  const [first] = errors;
  const others = errors.length === 1 ? '' : ` (and ${countOf(errors.length - 1, 'further error')})`;
  throw new AlidadeError({ code: 'recipe', message: `line ${lineOf(recipe, first)}: ${first.message}${others}` });
}

/** Rows that could not even be read have their errors among those that were scored. */
function withProblems(
  measurement: MergeMeasurement,
  ofRows: FileContents<unknown>['problems'],
  ofTexts: FileContents<unknown>['problems'],
): MergeMeasurement {
  const { reward, perplexity } = measurement;
  const unread = ofRows.map(({ id, message }) => ({ id, reward: null, error: message }));
  const unmeasured = ofTexts.map(({ id, message }) => ({ id, error: message }));
  const errors = [...(perplexity?.errors ?? []), ...unmeasured];
  return {
    ...measurement,
    reward: reward === null ? null : { ...reward, rows: [...reward.rows, ...unread] },
    perplexity: perplexity === null ? null : { ...perplexity, errors },
  };
}
