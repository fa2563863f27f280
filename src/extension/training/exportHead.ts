import { basename, dirname, join } from 'node:path';
import type { QuickPickItem } from 'vscode';
import { commands, l10n, ProgressLocation, Uri, window } from 'vscode';
import type { HeadExportFormat } from '../../protocol/sidecarTraining';
import { abortSignalOf } from '../abortSignalOf';
import { chooseNewFolder } from '../chooseNewFolder';
import { dataFileEndings } from '../run/chooseDataFile';
import type { WorkProcess } from '../sidecar/workProcess';
import { readBodySettings } from './trainHead';

interface FormatPick extends QuickPickItem {
  readonly format: HeadExportFormat;
}

/** Asks what a head is to become and where, and writes it. */
export async function exportHead(process: Pick<WorkProcess, 'use'>, head: string): Promise<void> {
  const picked = await window.showQuickPick(formats(), {
    title: l10n.t('Export Head'),
    placeHolder: basename(head),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined) return;
  const { format } = picked;
  const rows = format === 'armorm' ? [] : await chooseRows(head);
  if (rows === null) return;
  const output = await chooseFolder(head, format);
  if (output === null) return;
  const options = {
    location: ProgressLocation.Notification,
    title: l10n.t('Exporting {0}', basename(head)),
    cancellable: true,
  };
  const { notes, warnings } = await window.withProgress(options, (report, token) => {
    let reported = 0;
    return process.use((client) =>
      client.exportHead(
        { ...readBodySettings(), head, format, output, copy: false, rows },
        {
          signal: abortSignalOf(token),
          progress: ({ message, done, total }) => {
            const percent = done === undefined || total === undefined || total === 0 ? reported : (100 * done) / total;
            report.report({ message, increment: Math.max(0, percent - reported) });
            reported = Math.max(reported, percent);
          },
        },
      ),
    );
  });
  const reveal = l10n.t('Show in Folder');
  const text = [l10n.t('{0} is exported.', basename(head)), ...[...notes, ...warnings].map(sentenceOf)].join(' ');
  const show = warnings.length === 0 ? window.showInformationMessage : window.showWarningMessage;
  void show(text, reveal).then((choice) => {
    if (choice === reveal) void commands.executeCommand('revealFileInOS', Uri.file(output));
  });
}

function formats(): readonly FormatPick[] {
  return [
    {
      format: 'armorm',
      label: l10n.t('Checkpoint'),
      description: 'ArmoRM',
      detail: l10n.t('A whole reward model in the layout of ArmoRM; the body is linked where that is possible'),
    },
    {
      format: 'trl',
      label: l10n.t('Preference pairs'),
      description: 'TRL',
      detail: l10n.t('Rows labelled by this head, with its confidence and the margin'),
    },
    {
      format: 'lmflow',
      label: l10n.t('Scored lists'),
      description: 'LMFlow',
      detail: l10n.t('Rows scored by this head, as LMFlow reads them'),
    },
  ];
}

async function chooseRows(head: string): Promise<readonly string[] | null> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Rows to Label'),
    openLabel: l10n.t('Label'),
    canSelectMany: true,
    defaultUri: Uri.file(dirname(head)),
    filters: { [l10n.t('Data files')]: [...dataFileEndings], [l10n.t('All files')]: ['*'] },
  });
  return chosen === undefined || chosen.length === 0 ? null : chosen.map(({ fsPath }) => fsPath);
}

function chooseFolder(head: string, format: HeadExportFormat): Promise<string | null> {
  const name = basename(head).replace(/\.safetensors$/i, '');
  return chooseNewFolder({
    title: l10n.t('Export Into a New Folder'),
    saveLabel: l10n.t('Export'),
    defaultUri: Uri.file(join(dirname(head), `${name}-${format}`)),
    hint: l10n.t('choose another name: an export makes a new folder'),
  });
}

/** Lines of the engine are without capital and full stop. */
function sentenceOf(line: string): string {
  return `${line.charAt(0).toUpperCase()}${line.slice(1)}${/[.!?]$/.test(line) ? '' : '.'}`;
}
