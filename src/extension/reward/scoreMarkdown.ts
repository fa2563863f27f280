import { l10n } from 'vscode';
import { describeDtype } from '../../core/reward/describeDtype';
import type { RewardBreakdown, ScoredRow } from '../../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import { formatNumber, formatSigned } from './formatNumber';

/** Which part of the row the pointer is on. */
export type HoveredPart =
  | { readonly role: 'row' }
  | { readonly role: 'chosen' | 'rejected' }
  | { readonly role: 'response'; readonly index: number };

/** A model with few objectives shows them all, another one its main ones; the breakdown page has all of them. */
const fewObjectives = 6;
const mainObjectives = 3;

/** The score of a row or of one of its responses as Markdown: headline, main contributions, what computed it. */
export function scoreMarkdown(row: ScoredRow, part: HoveredPart, model: RewardModelDescription): string {
  if ('error' in row) return escapeMarkdown(row.error.message);
  if ('score' in row) {
    return joined(headline(l10n.t('Score'), row.score), contributionTable(row), footer(row, model));
  }
  if ('margin' in row) return pairMarkdown(row, part, model);
  return listMarkdown(row, part, model);
}

type ScoredPair = Extract<ScoredRow, { readonly margin: number }>;
type ScoredList = Extract<ScoredRow, { readonly best: number }>;

function pairMarkdown(row: ScoredPair, part: HoveredPart, model: RewardModelDescription): string {
  const margin = l10n.t('margin {0}', `**${formatSigned(row.margin)}**`);
  if (part.role === 'chosen' || part.role === 'rejected') {
    const title = part.role === 'chosen' ? l10n.t('Chosen') : l10n.t('Rejected');
    const breakdown = row[part.role];
    return joined(
      `${headline(title, breakdown.score)} · ${margin}`,
      contributionTable(breakdown),
      footer(breakdown, model),
    );
  }
  const scores = l10n.t('chosen {0}, rejected {1}', formatNumber(row.chosen.score), formatNumber(row.rejected.score));
  return joined(
    `${headline(l10n.t('Margin'), row.margin, formatSigned)} · ${scores} · ${verdict(row.margin)}`,
    differenceTable(row),
    modelLine(model),
  );
}

function verdict(margin: number): string {
  if (margin === 0) return l10n.t('a tie');
  return margin < 0 ? l10n.t('contradicts the label') : l10n.t('agrees with the label');
}

function listMarkdown(row: ScoredList, part: HoveredPart, model: RewardModelDescription): string {
  const index = part.role === 'response' ? part.index : row.best;
  const breakdown = row.responses[index];
  if (breakdown === undefined) return modelLine(model);
  const rank = 1 + row.responses.filter(({ score }) => breakdown.score < score).length;
  const title = l10n.t('Response {0} of {1}', index + 1, row.responses.length);
  const place = rank === 1 ? l10n.t('the best') : l10n.t('rank {0}', rank);
  return joined(
    `${headline(title, breakdown.score)} · ${place}`,
    contributionTable(breakdown),
    footer(breakdown, model),
  );
}

function headline(title: string, value: number, format = formatNumber): string {
  return `${title} **${format(value)}**`;
}

function contributionTable({ objectives }: RewardBreakdown): string {
  const values = objectives.map(({ name, contribution }) => ({ name, value: contribution }));
  return table(l10n.t('Contribution'), values);
}

function differenceTable({ chosen, rejected }: ScoredPair): string {
  const before = new Map(rejected.objectives.map(({ name, contribution }) => [name, contribution]));
  return table(
    l10n.t('Difference'),
    chosen.objectives.map(({ name, contribution }) => ({ name, value: contribution - (before.get(name) ?? 0) })),
  );
}

/** The largest values first, right-aligned; how many are left out is said below. */
function table(column: string, values: readonly { readonly name: string; readonly value: number }[]): string {
  const sorted = [...values].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = sorted.length <= fewObjectives ? sorted : sorted.slice(0, mainObjectives);
  const lines = shown.map(({ name, value }) => `| ${escapeMarkdown(name)} | \`${formatSigned(value)}\` |`);
  const rest = sorted.length - shown.length;
  const head = `| ${l10n.t('Objective')} | ${column} |\n| :-- | --: |`;
  return joined([head, ...lines].join('\n'), rest === 0 ? '' : l10n.t('and {0} more', rest));
}

function footer({ tokens, truncated }: RewardBreakdown, model: RewardModelDescription): string {
  const count = l10n.t('{0} tokens', tokens);
  const cut = truncated ? ` · **${l10n.t('truncated')}**` : '';
  return `${count}${cut} · ${modelLine(model)}`;
}

function modelLine(model: RewardModelDescription): string {
  const { name, device, headKind } = model;
  const line = `${escapeMarkdown(name)} · ${escapeMarkdown(describeDtype(model))} · ${device}`;
  return headKind === 'meters' ? `${line} · ${l10n.t('meters, not a judge of quality')}` : line;
}

function joined(...paragraphs: readonly string[]): string {
  return paragraphs.filter((paragraph) => paragraph !== '').join('\n\n');
}

export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, '\\$&').replace(/\s+/g, ' ');
}
