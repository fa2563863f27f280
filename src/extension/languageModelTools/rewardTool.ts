import type {
  CancellationToken,
  LanguageModelTool,
  LanguageModelToolInvocationOptions,
  LanguageModelToolInvocationPrepareOptions,
  PreparedToolInvocation,
} from 'vscode';
import { CancellationError, l10n, LanguageModelTextPart, LanguageModelToolResult, MarkdownString } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { abortSignalOf } from '../abortSignalOf';
import { describeError } from '../reportError';
import { readScoreSettings } from '../reward/readScoreSettings';
import type { RowScores } from '../reward/rowScores';
import { toolTexts } from './toolText';

export interface RewardToolParts {
  readonly scores: Pick<RowScores, 'score'>;
  /** What the user is asked: about so many responses. */
  readonly title: () => string;
  /** @throws AlidadeError `usage` for an input that cannot be scored. */
  readonly readRow: (input: unknown) => ScorableRow;
}

/** A tool with which chat and agents score text: with the reward model of the settings, on this machine. */
export class RewardTool implements LanguageModelTool<object> {
  readonly #parts: RewardToolParts;

  constructor(parts: RewardToolParts) {
    this.#parts = parts;
  }

  prepareInvocation({ input }: LanguageModelToolInvocationPrepareOptions<object>): PreparedToolInvocation {
    const model = modelName();
    return {
      invocationMessage: l10n.t('Scoring with {0}', model),
      confirmationMessages: { title: this.#parts.title(), message: confirmation(model, this.#countResponses(input)) },
    };
  }

  /** @throws Error whose message says to the language model what failed and what can be done; CancellationError. */
  async invoke(
    { input, tokenizationOptions }: LanguageModelToolInvocationOptions<object>,
    token: CancellationToken,
  ): Promise<LanguageModelToolResult> {
    try {
      const row = this.#parts.readRow(input);
      const result = await this.#parts.scores.score(row, { signal: abortSignalOf(token), priority: 'interactive' });
      const text = await firstThatFits(toolTexts(result), tokenizationOptions, token);
      return new LanguageModelToolResult([new LanguageModelTextPart(text)]);
    } catch (error) {
      const described = describeError(error);
      if (described === null || token.isCancellationRequested) throw new CancellationError();
      const { message, hint } = described;
      const sentences = [hint === null ? message : `${message}: ${hint}`, nextStep(error)].filter(
        (text) => text !== null,
      );
      throw new Error(sentences.join('. '));
    }
  }

  #countResponses(input: unknown): number {
    try {
      const row = this.#parts.readRow(input);
      return row.kind === 'single' ? 1 : row.kind === 'pair' ? 2 : row.responses.length;
    } catch {
      // What is wrong with it is told when it is invoked.
      return 1;
    }
  }
}

function modelName(): string {
  try {
    return readScoreSettings().model.reference;
  } catch {
    return l10n.t('a model that this workspace may not load');
  }
}

function confirmation(model: string, responses: number): MarkdownString {
  const what =
    responses === 1
      ? l10n.t('Score a response with the reward model {0}?', code(model))
      : l10n.t('Score {0} responses with the reward model {1}?', responses, code(model));
  return new MarkdownString(`${what} ${l10n.t('It runs on this machine: nothing leaves it.')}`);
}

function code(text: string): string {
  return `\`${text.replaceAll('`', '')}\``;
}

/** The first text within the budget of the caller; the last one if none is. */
async function firstThatFits(
  texts: readonly string[],
  options: LanguageModelToolInvocationOptions<object>['tokenizationOptions'],
  token: CancellationToken,
): Promise<string> {
  let last = '';
  for (const text of texts) {
    last = text;
    if (options === undefined || (await options.countTokens(text, token)) <= options.tokenBudget) return text;
  }
  return last;
}

/** Commands that help; a language model can name them to its user. */
function nextStep(error: unknown): string | null {
  if (!(error instanceof AlidadeError)) return null;
  switch (error.code) {
    case 'not_found':
      return 'The user can run "Alidade: Fetch the Starter Model" or "Alidade: Choose Reward Model…" from the command palette';
    case 'permission':
      return 'The user can trust the workspace, or run "Alidade: Choose Reward Model…" from the command palette';
    case 'weights':
    case 'format':
    case 'unsupported':
    case 'device':
      return 'The user can run "Alidade: Choose Reward Model…" or "Alidade: Show Log" from the command palette';
    case 'too_long':
      return 'Score a shorter text, or ask the user to turn on the setting alidade.truncate';
    default:
      return null;
  }
}
