import type { CodeActionProvider, Command, Diagnostic, TextDocument } from 'vscode';
import { CodeAction, CodeActionKind, commands, Disposable, l10n, languages, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { RowFix } from '../commands';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { DocumentRow } from '../promptFile/documentRow';
import { rowSelector } from '../promptFile/rowSelector';
import { registerCommand } from '../registerCommand';
import { targetOf } from '../reward/rowTarget';
import { diagnosticSource } from './labelDiagnostic';
import type { FindingKind, LabelFinding } from './labelFinding';
import type { LabelScores } from './labelScores';
import type { LabelWatch } from './labelWatch';
import { hashRow, RowFixer } from './rowFix';

export interface LabelFixesParams {
  readonly documents: DataDocuments;
  readonly labelScores: LabelScores;
  readonly watch: LabelWatch;
}

/** What can be done about a finding, the most likely first. */
const fixesOf: Readonly<Record<FindingKind, readonly RowFix['kind'][]>> = {
  contradicted: ['swap', 'drop', 'review'],
  opposite: ['drop', 'swap', 'review'],
  identical: ['drop', 'review'],
  duplicate: ['drop', 'review'],
  truncated: ['review'],
  unscorable: ['drop', 'review'],
  unreadable: ['drop'],
};

/** Quick fixes for rows, and the commands behind them. */
export function registerLabelFixes({ documents, labelScores, watch }: LabelFixesParams): Disposable {
  const fixer = new RowFixer(documents);

  const found = (document: TextDocument, kind: FindingKind): readonly DocumentRow[] => {
    const list = watch.findings(document)?.list ?? [];
    const wanted = new Set(list.filter((finding) => finding.kind === kind).map(({ row }) => row.identity));
    if (wanted.size === 0) return [];
    // As they stand now: rows that were edited since are others, and rows above may be gone.
    return [...documents.parsedRows(document)].filter(({ identity }) => wanted.has(identity));
  };

  const provider: CodeActionProvider = {
    provideCodeActions: (document, range) => {
      const row = documents.anyRowAt(document, range.start);
      const findings = row === null ? [] : watch.findingsOf(document, row);
      if (row === null || findings.length === 0) return [];
      const actions = [...new Set(findings.flatMap(({ kind }) => fixesOf[kind]))]
        .filter((kind) => kind !== 'drop' || fixer.canDrop(document))
        .map((kind) => fixAction({ document, row, findings, kind, isMeters: isMeters(labelScores) }));
      const all = findings.flatMap(({ kind }) => allAction(document, row, kind, found(document, kind).length));
      return [...actions, ...all];
    },
  };

  /** The command's rows in the active editor. @throws AlidadeError `row` when there are none. */
  const rowsToFix = (kind: FindingKind): { document: TextDocument; rows: readonly DocumentRow[] } => {
    const document = window.activeTextEditor?.document;
    const rows = document === undefined ? [] : found(document, kind);
    if (document !== undefined && 0 < rows.length) return { document, rows };
    throw new AlidadeError({
      code: 'row',
      message: l10n.t('there is nothing of that kind in the active editor'),
      hint: l10n.t('check the labels of the file first'),
    });
  };

  const updateContext = (): void => {
    const document = window.activeTextEditor?.document;
    const list = document === undefined ? [] : (watch.findings(document)?.list ?? []);
    const has = (kind: FindingKind): boolean => list.some((finding) => finding.kind === kind);
    void commands.executeCommand('setContext', 'alidade.contradictedFound', has('contradicted'));
    void commands.executeCommand('setContext', 'alidade.duplicatesFound', has('duplicate'));
  };

  return Disposable.from(
    languages.registerCodeActionsProvider(rowSelector, provider, {
      providedCodeActionKinds: [CodeActionKind.QuickFix],
    }),
    registerCommand('alidade.fixRow', async (fix) => {
      const document = await workspace.openTextDocument(Uri.parse(fix.row.uri, true));
      await fixer.apply(document, fix);
    }),
    registerCommand('alidade.swapContradicted', async () => {
      const { document, rows } = rowsToFix('contradicted');
      await fixer.swapAll(document, rows);
    }),
    registerCommand('alidade.dropDuplicates', async () => {
      const { document, rows } = rowsToFix('duplicate');
      await fixer.dropAll(document, rows);
    }),
    watch.onDidFind((document) => {
      if (document === window.activeTextEditor?.document) updateContext();
    }),
    window.onDidChangeActiveTextEditor(updateContext),
  );
}

interface FixActionParams {
  readonly document: TextDocument;
  readonly row: DocumentRow;
  readonly findings: readonly LabelFinding[];
  readonly kind: RowFix['kind'];
  readonly isMeters: boolean;
}

function fixAction({ document, row, findings, kind, isMeters }: FixActionParams): CodeAction {
  const titles = {
    swap: l10n.t('Swap chosen and rejected'),
    drop: l10n.t('Drop this row'),
    review: l10n.t('Mark this row as reviewed'),
  };
  const action = new CodeAction(titles[kind], CodeActionKind.QuickFix);
  const concerned = findings.filter((finding) => fixesOf[finding.kind].includes(kind));
  action.diagnostics = diagnosticsOf(
    document,
    row,
    concerned.map((finding) => finding.kind),
  );
  action.isPreferred = concerned.some((finding) => isPreferred(kind, finding, isMeters));
  const fix: RowFix = { kind, row: targetOf(document, row.range.start), hash: hashRow(document, row) };
  action.command = { command: 'alidade.fixRow', title: titles[kind], arguments: [fix] };
  return action;
}

/** What removes the cause and loses nothing; a meter's opinion is no reason to change a label. */
function isPreferred(fix: RowFix['kind'], finding: LabelFinding, isMeters: boolean): boolean {
  if (fix === 'drop') return finding.kind === 'identical' || (finding.kind === 'duplicate' && finding.isExact);
  return fix === 'swap' && finding.kind === 'contradicted' && !isMeters;
}

/** The same for every row of the kind. */
function allAction(document: TextDocument, row: DocumentRow, kind: FindingKind, count: number): readonly CodeAction[] {
  const commandOf: Partial<Record<FindingKind, Command>> = {
    contradicted: { command: 'alidade.swapContradicted', title: l10n.t('Swap all {0} contradicted pairs…', count) },
    duplicate: { command: 'alidade.dropDuplicates', title: l10n.t('Drop all {0} duplicates…', count) },
  };
  const command = commandOf[kind];
  if (command === undefined || count < 2) return [];
  const action = new CodeAction(command.title, CodeActionKind.QuickFix);
  action.diagnostics = diagnosticsOf(document, row, [kind]);
  action.command = command;
  return [action];
}

function diagnosticsOf({ uri }: TextDocument, { range }: DocumentRow, kinds: readonly FindingKind[]): Diagnostic[] {
  return languages
    .getDiagnostics(uri)
    .filter(
      ({ source, code, range: place }) =>
        source === diagnosticSource && kinds.some((kind) => kind === code) && range.contains(place),
    );
}

function isMeters({ model }: LabelScores): boolean {
  return model?.headKind === 'meters';
}
