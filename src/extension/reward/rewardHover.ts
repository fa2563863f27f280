import type { CancellationToken, HoverProvider, Position, TextDocument, Disposable } from 'vscode';
import { Hover, l10n, languages, MarkdownString } from 'vscode';
import type { CommandId, RowTarget } from '../commands';
import { abortSignalOf } from '../abortSignalOf';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { DocumentRow } from '../promptFile/documentRow';
import { rowSelector } from '../promptFile/rowSelector';
import { readSetting } from '../readSetting';
import { commandUri } from '../registerCommand';
import { describeError } from '../reportError';
import type { RowScores } from './rowScores';
import { targetOf } from './rowTarget';
import type { HoveredPart } from './scoreMarkdown';
import { escapeMarkdown, scoreMarkdown } from './scoreMarkdown';

const trustedCommands: readonly CommandId[] = [
  'alidade.showBreakdown',
  'alidade.copyRowJson',
  'alidade.fetchStarter',
  'alidade.chooseRewardModel',
  'alidade.restartSidecar',
  'alidade.showLog',
];

/** Score and main contributions of the response under the pointer. */
export function registerRewardHover(documents: DataDocuments, scores: RowScores): Disposable {
  const provider: HoverProvider = {
    provideHover: (document, position, token) => provideHover({ documents, scores, document, position, token }),
  };
  return languages.registerHoverProvider(rowSelector, provider);
}

export interface HoverRequest {
  readonly documents: DataDocuments;
  readonly scores: RowScores;
  readonly document: TextDocument;
  readonly position: Position;
  readonly token: CancellationToken;
}

/** null: nothing to say here, or cancelled. */
export async function provideHover({
  documents,
  scores,
  document,
  position,
  token,
}: HoverRequest): Promise<Hover | null> {
  if (!readSetting('hover.enabled')) return null;
  const row = documents.rowAt(document, position);
  if (row === null || !row.range.contains(position)) return null;
  const target = targetOf(document, row.range.start);
  const { part, range } = partAt(row, position);
  if (row.data.row === null) return new Hover(markdown(escapeMarkdown(row.data.error?.message ?? '')), range);
  try {
    const result = await scores.score(row.data.row, { signal: abortSignalOf(token), priority: 'interactive' });
    const text = scoreMarkdown(result.row, part, result.model);
    // A line of the last paragraph: the editor's hover is 250 pixels high, and six meters just fit.
    return new Hover(markdown(`${text}  \n${links(target, result.model.headKind === 'judge')}`), range);
  } catch (error) {
    const described = describeError(error);
    if (described === null || token.isCancellationRequested) return null;
    const { message, hint } = described;
    const words = escapeMarkdown(hint === null ? message : `${message}: ${hint}`);
    return new Hover(markdown(`${l10n.t('Not scored:')} ${words}\n\n${remedies(scores)}`), range);
  }
}

/** The response that the position is in, else the whole row. */
function partAt(
  row: DocumentRow,
  position: Position,
): { readonly part: HoveredPart; readonly range: DocumentRow['range'] } {
  for (const { role, index, range } of row.parts) {
    if (!range.contains(position)) continue;
    if (role === 'chosen' || role === 'rejected') return { part: { role }, range };
    if (role === 'response') return { part: { role, index: index ?? 0 }, range };
    return { part: { role: 'row' }, range };
  }
  return { part: { role: 'row' }, range: row.range };
}

function markdown(text: string): MarkdownString {
  const string = new MarkdownString(text);
  string.isTrusted = { enabledCommands: trustedCommands };
  return string;
}

function links(target: RowTarget, isJudge: boolean): string {
  return [
    link(l10n.t('Breakdown'), commandUri('alidade.showBreakdown', target)),
    ...(isJudge ? [] : [link(l10n.t('By sentence'), commandUri('alidade.showBreakdown', target, 'growth'))]),
    link(l10n.t('Copy JSON'), commandUri('alidade.copyRowJson', target)),
  ].join(' · ');
}

/** What can be done where no row can be scored. */
function remedies({ modelFailure, isStarterMissing }: RowScores): string {
  const choose = link(l10n.t('Choose a model'), commandUri('alidade.chooseRewardModel'));
  const log = link(l10n.t('Show log'), commandUri('alidade.showLog'));
  if (modelFailure === null) return log;
  if (isStarterMissing) {
    return [link(l10n.t('Fetch the starter model'), commandUri('alidade.fetchStarter')), choose].join(' · ');
  }
  const restart = link(l10n.t('Restart'), commandUri('alidade.restartSidecar'));
  return [choose, ...(modelFailure.code === 'internal' ? [restart] : []), log].join(' · ');
}

function link(text: string, uri: string): string {
  return `[${text}](${uri})`;
}
