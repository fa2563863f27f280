import { l10n } from 'vscode';
import { AlidadeError, type ErrorCode } from '../../core/alidadeError';
import type {
  ComparisonRecord,
  RecordedAnswer,
  RecordedCell,
  RecordedInput,
} from '../../core/comparison/comparisonRecord';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { Progress } from '../../core/jobContext';
import type { Message } from '../../core/promptFile/message';
import type { ScorableInput, ScorableRow } from '../../core/promptFile/scorableRow';
import type { ExplainedText } from '../../core/reward/explainedRow';
import type { Side } from '../../protocol/comparisonView';
import type { GenerationOptions, Generator } from '../generation/generator';
import type { ScoreSettings } from '../reward/readScoreSettings';
import type { RowScores } from '../reward/rowScores';
import type { SidecarClient } from '../sidecar/sidecarClient';

export interface RunComparisonParams {
  /** As far as it has come; what is done in it is not done again. */
  readonly record: ComparisonRecord;
  readonly generator: Generator;
  readonly options: GenerationOptions;
  readonly settings: ScoreSettings;
  readonly scores: Pick<RowScores, 'explain'>;
  readonly client: Pick<SidecarClient, 'profilePrompt'>;
  /** Told after every step. */
  readonly onRecord: (record: ComparisonRecord) => void;
}

export interface RunComparisonContext {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

/** Failures that belong to one prompt or one answer: the others go on. */
const rowFailures: ReadonlySet<ErrorCode> = new Set(['row', 'template', 'gate_not_found', 'too_long']);

const sides: readonly Side[] = ['first', 'second'];

/**
 * Answers and scores whatever is missing, input by input, so that a stop leaves whole inputs. Returns the record as far
 * as it came by `onRecord` before it throws.
 * @throws AlidadeError of the generator or the reward model for what concerns all answers; `cancelled`.
 */
export async function runComparison(params: RunComparisonParams, context: RunComparisonContext): Promise<void> {
  await new ComparisonRun(params, context).run();
}

class ComparisonRun {
  readonly #params: RunComparisonParams;
  readonly #context: RunComparisonContext;
  #record: ComparisonRecord;

  constructor(params: RunComparisonParams, context: RunComparisonContext) {
    this.#params = params;
    this.#context = context;
    this.#record = params.record;
  }

  async run(): Promise<void> {
    for (const index of this.#record.inputs.keys()) {
      for (const side of sides) {
        const cell = this.#cell(index, side);
        if (cell.messages === null || cell.state === 'done' || cell.state === 'failed') continue;
        await this.#fill(index, side, cell.messages);
      }
    }
  }

  async #fill(index: number, side: Side, messages: readonly Message[]): Promise<void> {
    try {
      this.#change(index, side, { state: 'working', problem: null });
      await this.#answer(index, side, messages);
      await this.#profile(index, side, messages);
      this.#tell(index, side, l10n.t('scoring'), this.#params.options.count);
      await this.#score(index, side, messages);
      this.#change(index, side, { state: 'done' });
    } catch (error) {
      if (!(error instanceof AlidadeError) || !rowFailures.has(error.code)) {
        this.#change(index, side, { state: 'waiting' });
        throw error;
      }
      this.#change(index, side, { state: 'failed', problem: error.message });
    }
  }

  async #answer(index: number, side: Side, messages: readonly Message[]): Promise<void> {
    const { generator, options } = this.#params;
    if (this.#cell(index, side).answers.length === options.count) return;
    this.#change(index, side, { answers: [] });
    let answered = 0;
    const tell = (): void =>
      this.#tell(
        index,
        side,
        l10n.t('answer {0} of {1}', Math.min(answered + 1, options.count), options.count),
        answered,
      );
    tell();
    const answers = await generator.generate(messages, options, {
      signal: this.#context.signal,
      // Tokens come with progress too; a model that is being prepared says so in its own words.
      progress: ({ message, unit }) => {
        if (unit === 'tokens') tell();
        else this.#tell(index, side, message, answered);
      },
      onAnswer: (answer) => {
        answered += 1;
        this.#change(index, side, { answers: [...this.#cell(index, side).answers, unscored(answer)] });
        tell();
      },
    });
    this.#change(index, side, { answers: answers.map(unscored) });
  }

  /** Models without a gate weigh every prompt alike, and a judge weighs nothing: neither is an error here. */
  async #profile(index: number, side: Side, messages: readonly Message[]): Promise<void> {
    const { client, settings } = this.#params;
    if (this.#record.model !== null && this.#record.model.headKind !== 'gated') return;
    if (this.#cell(index, side).profile !== null) return;
    try {
      const context = this.#callContext(index, side);
      const { model, objectives } = await client.profilePrompt(
        { ...settings, messages, priority: 'background' },
        context,
      );
      this.#record = { ...this.#record, model };
      this.#change(index, side, { profile: objectives });
    } catch (error) {
      if (!(error instanceof AlidadeError) || error.code !== 'unsupported') throw error;
    }
  }

  async #score(index: number, side: Side, messages: readonly Message[]): Promise<void> {
    const { answers } = this.#cell(index, side);
    const places = [...answers.keys()].filter((place) => answers[place].text.trim() !== '');
    const problems = new Map<number, string>(
      [...answers.keys()]
        .filter((place) => !places.includes(place))
        .map((place) => [place, l10n.t('the answer is empty: there is nothing to score')]),
    );
    const explained = new Map<number, ExplainedText>();
    try {
      const texts = await this.#explain(index, side, messages, places);
      places.forEach((place, order) => explained.set(place, texts[order]));
    } catch (error) {
      if (!(error instanceof AlidadeError) || !rowFailures.has(error.code)) throw error;
      // One of them cannot be scored: which one, only each by itself can tell.
      for (const place of places) {
        try {
          const [text] = await this.#explain(index, side, messages, [place]);
          explained.set(place, text);
        } catch (own) {
          if (!(own instanceof AlidadeError) || !rowFailures.has(own.code)) throw own;
          problems.set(place, own.message);
        }
      }
    }
    this.#change(index, side, {
      answers: answers.map((answer, place) => scoredAnswer(answer, explained.get(place), problems.get(place))),
    });
  }

  async #explain(
    index: number,
    side: Side,
    messages: readonly Message[],
    places: readonly number[],
  ): Promise<readonly ExplainedText[]> {
    if (places.length === 0) return [];
    const { scores, settings } = this.#params;
    const { answers } = this.#cell(index, side);
    const row = answersRow(
      `${index + 1} ${side}`,
      messages,
      places.map((place) => answers[place].text),
    );
    const context = { ...this.#callContext(index, side), priority: 'background' } as const;
    const { model, responses } = await scores.explain(row, context, settings);
    this.#record = { ...this.#record, model };
    return responses;
  }

  #callContext(index: number, side: Side): { readonly signal: AbortSignal; progress: (progress: Progress) => void } {
    const done = this.#params.options.count;
    return {
      signal: this.#context.signal,
      progress: ({ message }) => this.#tell(index, side, message, done),
    };
  }

  #cell(index: number, side: Side): RecordedCell {
    return this.#record.inputs[index][side];
  }

  #change(index: number, side: Side, change: Partial<RecordedCell>): void {
    const inputs = this.#record.inputs.map((input, place): RecordedInput =>
      place === index ? { ...input, [side]: { ...input[side], ...change } } : input,
    );
    this.#record = { ...this.#record, inputs };
    this.#params.onRecord(this.#record);
  }

  /** @param answered of this cell; scoring counts as one more. */
  #tell(index: number, side: Side, step: string, answered: number): void {
    const { inputs } = this.#record;
    const perCell = this.#params.options.count + 1;
    const cells = inputs.flatMap(({ first, second }) => [first, second]);
    const done = cells.filter(({ state }) => state === 'done' || state === 'failed').length * perCell + answered;
    const message =
      inputs.length === 1
        ? l10n.t('{0}: {1}', this.#record[side].name, step)
        : l10n.t('Input {0} of {1}, {2}: {3}', index + 1, inputs.length, this.#record[side].name, step);
    this.#context.progress({ message, done, total: cells.length * perCell });
  }
}

/** The answers to a prompt as one row: they share the computation of the prompt. */
export function answersRow(id: string, messages: readonly Message[], answers: readonly string[]): ScorableRow {
  const responses = answers.map((content): ScorableInput => ({
    kind: 'messages',
    messages: [...messages, { role: 'assistant', content }],
  }));
  return responses.length === 1 ? { kind: 'single', id, input: responses[0] } : { kind: 'list', id, responses };
}

function unscored({ text, finishReason }: GeneratedAnswer): RecordedAnswer {
  return { text, finishReason, scored: null, problem: null };
}

function scoredAnswer(
  answer: RecordedAnswer,
  explained: ExplainedText | undefined,
  problem: string | undefined,
): RecordedAnswer {
  if (explained === undefined) return { ...answer, scored: null, problem: problem ?? null };
  const { score, tokens, truncated, objectives, responseTokens } = explained;
  return { ...answer, scored: { score, tokens, truncated, objectives, responseTokens }, problem: null };
}
