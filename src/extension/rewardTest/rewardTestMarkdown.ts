import { l10n, MarkdownString } from 'vscode';
import type { ExpectationFailure, RewardTestResult, ScoredResponse } from '../../core/rewardTest/rewardTestResult';
import type { TestTarget } from '../commands';
import { commandUri } from '../registerCommand';
import { formatNumber } from '../reward/formatNumber';
import { escapeMarkdown } from '../reward/scoreMarkdown';

/** More responses than these are not told apart in a message. */
const mostColumns = 6;

/** A failure with the rewards that led to it and, where a row can be shown, a link to its breakdown. */
export function failureMarkdown(
  { message }: ExpectationFailure,
  result: RewardTestResult,
  target: TestTarget,
): MarkdownString {
  const link = `[${l10n.t('Show Reward Breakdown')}](${commandUri('alidade.showTestBreakdown', target)})`;
  const parts = [escapeMarkdown(message), objectiveTable(result.responses), result.row === null ? '' : link];
  const markdown = new MarkdownString(parts.filter((part) => part !== '').join('\n\n'));
  markdown.isTrusted = { enabledCommands: ['alidade.showTestBreakdown'] };
  return markdown;
}

function objectiveTable(responses: readonly ScoredResponse[]): string {
  const shown = responses.slice(0, mostColumns);
  const [first] = shown as readonly (ScoredResponse | undefined)[];
  if (first === undefined) return '';
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row([l10n.t('Objective'), ...shown.map(({ name }) => escapeMarkdown(name))]),
    row([':--', ...shown.map(() => '--:')]),
    row([`**${l10n.t('Score')}**`, ...shown.map(({ breakdown }) => `\`${formatNumber(breakdown.score)}\``)]),
    ...first.breakdown.objectives.map(({ name }, index) =>
      row([
        escapeMarkdown(name),
        ...shown.map(({ breakdown }) => `\`${formatNumber(breakdown.objectives[index].reward)}\``),
      ]),
    ),
  ].join('\n');
}

/** What was scored, as lines of the test's output. */
export function resultText({ responses, rows, meanScore, model }: RewardTestResult): string {
  const lines = responses.map(({ name, breakdown }) => {
    const rewards = breakdown.objectives.map((objective) => `${objective.name} ${formatNumber(objective.reward)}`);
    return `${name}: ${formatNumber(breakdown.score)} (${rewards.join(', ')})`;
  });
  if (rows !== null && meanScore !== null) {
    lines.push(l10n.t('{0} rows, mean score {1}', rows.rows, formatNumber(meanScore)));
    if (0 < rows.pairs) lines.push(l10n.t('{0} of {1} pairs as labelled', rows.wins, rows.pairs));
  }
  if (model !== null) lines.push(`${model.name} · ${model.dtype} · ${model.device}`);
  return lines.map((line) => `${line}\r\n`).join('');
}
