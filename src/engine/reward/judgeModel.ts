import { createHash } from 'node:crypto';
import { AlidadeError } from '../../core/alidadeError';
import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import type { Message } from '../../core/promptFile/message';
import type { ScorableInput, ScorableRow } from '../../core/promptFile/scorableRow';
import type { ExplainedRow } from '../../core/reward/explainedRow';
import { buildJudgedPair, JUDGE_OBJECTIVES } from '../../core/reward/judgedPair';
import type { JudgedOrder } from '../../core/reward/judgedPair';
import { writeJudgePrompt } from '../../core/reward/judgePrompt';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { openLanguageModel, requireTemplate } from '../generation/languageModel';
import type { LanguageModel } from '../generation/languageModel';
import { fitTokens } from './fitTokens';
import { isRowFailure } from './isRowFailure';
import type { ScoreOptions } from './rewardModel';
import type { RowScorer } from './rowScorer';

export interface JudgeModelParams {
  /** A causal language model: a checkpoint folder, a .gguf file, a hub id in the local cache, or `starter`. */
  readonly reference: string;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
  /** Folder from which relative paths start. */
  readonly cwd?: string | undefined;
}

/**
 * Opens a causal language model as a pairwise judge.
 * @throws AlidadeError as `openLanguageModel`; `template` without a chat template, `unsupported` for a vocabulary in which
 * A and B are no tokens of their own.
 */
export async function openJudgeModel(params: JudgeModelParams, context: JobContext): Promise<JudgeModel> {
  const model = await openLanguageModel(params, context);
  try {
    return new JudgeModel(model);
  } catch (error) {
    await model.release();
    throw error;
  }
}

/** One order of the two replies, as the judge is shown it. */
interface JudgedPrompt {
  readonly ids: readonly number[];
  readonly text: string;
  readonly truncated: boolean;
}

interface JudgedOrders {
  readonly chosenFirst: JudgedPrompt;
  readonly rejectedFirst: JudgedPrompt;
}

/**
 * The pairwise judge of SSRM: a causal model that is shown both replies in one prompt and answers A or B. The probability
 * of A is the softmax over the logits of these two tokens at the last position; a pair is judged in both orders
 * (RLHFlow/RLHF-Reward-Modeling, pair-pm/SSRM/pseudo_label.py). Unlike that code, the template's BOS stays and the
 * assistant's turn is opened, since that is where the model was trained to answer.
 */
export class JudgeModel implements RowScorer {
  readonly description: RewardModelDescription;
  readonly #model: LanguageModel;
  readonly #tokenA: number;
  readonly #tokenB: number;

  constructor(model: LanguageModel) {
    const { checkpoint, session, tokenizer } = model;
    requireTemplate(model);
    this.#model = model;
    this.#tokenA = lastToken('A', model);
    this.#tokenB = lastToken('B', model);
    if (this.#tokenA === this.#tokenB) {
      throw new AlidadeError({
        code: 'unsupported',
        message: `${checkpoint.name} cannot judge: its tokenizer has no tokens that tell A from B`,
        hint: 'choose another model',
      });
    }
    this.description = {
      name: checkpoint.name,
      path: checkpoint.path,
      architecture: checkpoint.config.architecture,
      head: `pairwise judge by the tokens ${tokenizer.idToToken(this.#tokenA)} and ${tokenizer.idToToken(this.#tokenB)}`,
      headKind: 'judge',
      objectives: JUDGE_OBJECTIVES,
      device: session.device,
      deviceReason: session.deviceReason,
      dtype: session.dtype,
      quantisationLoss: session.quantisationLoss,
      contextLength: checkpoint.config.contextLength,
      hash: createHash('sha256').update(checkpoint.fingerprint).update('judge').digest('hex'),
      mode: session.weightMode,
    };
  }

  async scoreBatch(
    rows: readonly ScorableRow[],
    options: ScoreOptions,
    context: JobContext,
  ): Promise<readonly ScoredRow[]> {
    checkOptions(options);
    const results: ScoredRow[] = [];
    for (const row of rows) {
      throwIfCancelled(context.signal);
      try {
        results.push(await this.#judge(row.id, this.#prepare(row, options), context));
      } catch (failure) {
        if (!isRowFailure(failure)) throw failure;
        results.push({ id: row.id, error: { code: failure.code, message: failure.message } });
      }
    }
    return results;
  }

  async explainRow(row: ScorableRow, options: ScoreOptions, context: JobContext): Promise<ExplainedRow> {
    checkOptions(options);
    const orders = this.#prepare(row, options);
    const { chosen, rejected } = await this.#judge(row.id, orders, context);
    const { chosenFirst, rejectedFirst } = orders;
    const { tokenizer } = this.#model;
    // What is written after the replies is the judge's own turn, which it begins with its verdict.
    const texts = (prompt: JudgedPrompt) =>
      ({ text: prompt.text, promptTokens: prompt.ids.length, responseTokens: 0 }) as const;
    const special = [...new Set([...chosenFirst.ids, ...rejectedFirst.ids])].filter((id) => tokenizer.isSpecial(id));
    return {
      id: row.id,
      kind: 'pair',
      model: this.description,
      responses: [
        { ...chosen, role: 'chosen', ...texts(chosenFirst) },
        { ...rejected, role: 'rejected', ...texts(rejectedFirst) },
      ],
      specialTokens: special.map((id) => tokenizer.idToToken(id) ?? '').filter((token) => token !== ''),
    };
  }

  forget(): void {
    void this.#model.session.forget();
  }

  async release(): Promise<void> {
    await this.#model.release();
  }

  #prepare(row: ScorableRow, options: ScoreOptions): JudgedOrders {
    const { context, chosen, rejected } = readPair(row);
    const prepare = (replyA: string, replyB: string): JudgedPrompt => {
      const content = writeJudgePrompt({ context, replyA, replyB });
      const { tokenizer, checkpoint } = this.#model;
      const text = requireTemplate(this.#model).render([{ role: 'user', content }], { addGenerationPrompt: true });
      const { contextLength } = checkpoint.config;
      const maxTokens = Math.min(options.maxTokens ?? contextLength, contextLength);
      const limit = { maxTokens, truncate: options.truncate ?? false };
      const { ids, dropped } = fitTokens(tokenizer.encodeRendered(text), limit, tokenizer);
      const truncated = 0 < dropped;
      return { ids, truncated, text: truncated ? tokenizer.decode(ids, { skipSpecialTokens: false }) : text };
    };
    return { chosenFirst: prepare(chosen, rejected), rejectedFirst: prepare(rejected, chosen) };
  }

  async #judge(id: string, { chosenFirst, rejectedFirst }: JudgedOrders, context: JobContext): Promise<JudgedRow> {
    const first = await this.#judgeOrder(chosenFirst, context);
    // The same text computed again after a shared beginning would differ by rounding, and a tie would be lost.
    const isSame = chosenFirst.text === rejectedFirst.text;
    const second = isSame ? first : await this.#judgeOrder(rejectedFirst, context);
    const { chosen, rejected, judged } = buildJudgedPair(first, second);
    if (!Number.isFinite(judged.pChosen)) {
      throw new AlidadeError({ code: 'row', message: `row ${id}: the judge's probability is not a finite number` });
    }
    return { id, chosen, rejected, margin: chosen.score - rejected.score, judged };
  }

  async #judgeOrder({ ids, truncated }: JudgedPrompt, context: JobContext): Promise<JudgedOrder> {
    const scored = { kind: 'logits', positions: [ids.length - 1] } as const;
    const { logits } = await this.#model.session.evaluate({ ids, hiddenPositions: [], scored }, context);
    const difference = logits[0][this.#tokenB] - logits[0][this.#tokenA];
    return { pA: 1 / (1 + Math.exp(difference)), tokens: ids.length, truncated };
  }
}

type JudgedRow = Extract<ScoredRow, { readonly margin: number }>;

/** In vocabularies that put a space mark before every text the letter is the second of two tokens. */
function lastToken(letter: string, { tokenizer }: LanguageModel): number {
  return tokenizer.encodeRendered(letter).at(-1) ?? -1;
}

function checkOptions({ weights, states }: ScoreOptions): void {
  if (states !== true && (weights === undefined || Object.keys(weights).length === 0)) return;
  throw new AlidadeError({
    code: 'usage',
    message: states === true ? 'a judge has no hidden states to show' : 'a judge has no objectives to weigh',
    hint: `leave ${states === true ? '--states' : '--weights'} out`,
  });
}

interface Pair {
  readonly context: readonly Message[];
  readonly chosen: string;
  readonly rejected: string;
}

/** @throws AlidadeError `row` for what a judge cannot be shown. */
function readPair(row: ScorableRow): Pair {
  if (row.kind !== 'pair') {
    const message = `row ${row.id}: a judge compares two replies`;
    throw new AlidadeError({ code: 'row', message, hint: 'give rows with `chosen` and `rejected`' });
  }
  const chosen = readDialogue(row.chosen, row.id);
  const rejected = readDialogue(row.rejected, row.id);
  if (!isSameContext(chosen.context, rejected.context)) {
    throw rowError(row.id, 'the conversations before the two replies differ');
  }
  return { context: chosen.context, chosen: chosen.reply, rejected: rejected.reply };
}

function readDialogue(
  input: ScorableInput,
  id: string,
): { readonly context: readonly Message[]; readonly reply: string } {
  if (input.kind !== 'messages') throw rowError(id, 'a judge needs messages, not templated text or token ids');
  const context = input.messages.slice(0, -1);
  const last = input.messages.at(-1);
  if (last?.role !== 'assistant' || context.length === 0) throw rowError(id, 'there is no reply to judge');
  context.forEach(({ role }, index) => {
    if (role === (index % 2 === 0 ? 'user' : 'assistant')) return;
    // The judge's prompt names the turns user and assistant in alternation, whatever they are.
    const problem =
      role === 'system' ? 'has no place for a system turn' : 'needs turns of user and assistant in alternation';
    throw rowError(id, `a judge's prompt ${problem}`);
  });
  if (context.length % 2 === 0) throw rowError(id, 'the reply does not follow a user turn');
  return { context, reply: last.content };
}

function isSameContext(left: readonly Message[], right: readonly Message[]): boolean {
  return left.length === right.length && left.every(({ content }, index) => content === right[index]?.content);
}

function rowError(id: string, problem: string): AlidadeError {
  return new AlidadeError({ code: 'row', message: `row ${id}: ${problem}` });
}
