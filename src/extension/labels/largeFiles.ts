import type { Tab, Uri } from 'vscode';
import { Disposable, l10n, StatusBarAlignment, TabInputText, window, workspace } from 'vscode';
import { debounce } from '../debounce';
import { runCommand } from '../registerCommand';

/** Bytes; the editor shows larger files and gives no extension their text. */
const largestDocument = 50 * 1024 * 1024;

/** Milliseconds: a document that is being opened appears after its tab. */
const openDelay = 500;

/**
 * Says of a data file that is too large for extensions why it has no lenses, and offers to score it from the disk: in the
 * status bar while it is shown, and once in a message.
 */
export function registerLargeFiles(): Disposable {
  const item = window.createStatusBarItem('alidade.largeFile', StatusBarAlignment.Right, 90);
  item.name = l10n.t('Alidade: Large File');
  const told = new Set<string>();

  const update = async (): Promise<void> => {
    const uri = dataFileOf(window.tabGroups.activeTabGroup.activeTab);
    const isLarge = uri !== null && (await isTooLarge(uri));
    // Another tab may have come to the front meanwhile.
    if (dataFileOf(window.tabGroups.activeTabGroup.activeTab)?.toString() !== uri?.toString()) return;
    if (uri === null || !isLarge) {
      item.hide();
      return;
    }
    const scoreFile = l10n.t('Score File');
    const text = l10n.t(
      'This file is above 50 MB: the editor does not let extensions read it here. Score File reads it from the disk.',
    );
    item.text = `$(warning) ${l10n.t('Too large for lenses: Score File')}`;
    item.tooltip = text;
    item.command = { command: 'alidade.scoreFile', title: scoreFile, arguments: [uri] };
    item.show();
    if (told.has(uri.toString())) return;
    told.add(uri.toString());
    const choice = await window.showInformationMessage(text, scoreFile);
    if (choice === scoreFile) await runCommand('alidade.scoreFile', uri);
  };

  const later = debounce(() => void update(), openDelay);
  later.call();
  return Disposable.from(
    item,
    later,
    window.tabGroups.onDidChangeTabs(later.call),
    window.tabGroups.onDidChangeTabGroups(later.call),
    workspace.onDidOpenTextDocument(later.call),
  );
}

function dataFileOf(tab: Tab | undefined): Uri | null {
  if (!(tab?.input instanceof TabInputText)) return null;
  const { uri } = tab.input;
  return uri.scheme === 'file' && /\.(jsonl|ndjson|json)$/i.test(uri.path) ? uri : null;
}

async function isTooLarge(uri: Uri): Promise<boolean> {
  if (workspace.textDocuments.some((document) => document.uri.toString() === uri.toString())) return false;
  try {
    return largestDocument < (await workspace.fs.stat(uri)).size;
  } catch {
    // Deleted under the open tab.
    return false;
  }
}
