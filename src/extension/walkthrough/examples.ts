import type { ExtensionContext } from 'vscode';
import { commands, Disposable, FileType, l10n, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { registerCommand } from '../registerCommand';
import { reportError } from '../reportError';

/** What the examples are called where they are copied into a folder of the user. */
const copiedName = 'alidade-examples';

/** In the extension's storage: what is opened once the window has the folder that was chosen for the examples. */
const pendingKey = 'alidade.pendingExample';

interface PendingExample {
  /** URI of the folder with the examples. */
  readonly folder: string;
  readonly name: string;
}

/** “Open Example”: the files of examples/, copied once into a folder of the user, who is asked before. */
export function registerExamples(context: ExtensionContext): Disposable {
  const shipped = Uri.joinPath(context.extensionUri, 'examples');

  const openExample = async (name: string | undefined): Promise<void> => {
    const names = await namesOf(shipped);
    const chosen = name ?? (await chooseExample(names));
    if (chosen === undefined) return;
    if (!names.includes(chosen)) {
      throw new AlidadeError({
        code: 'not_found',
        message: `there is no example ${chosen}`,
        hint: `there are ${names.join(', ')}`,
      });
    }
    const present = await findExamples(names);
    if (present !== null) return showFile(present, chosen);
    const [workspaceFolder] = workspace.workspaceFolders ?? [];
    if (workspaceFolder !== undefined) {
      const target = Uri.joinPath(workspaceFolder.uri, copiedName);
      if (!(await confirmCopy(workspaceFolder.name))) return;
      await copyExamples(shipped, names, target);
      return showFile(target, chosen);
    }
    const target = await askForFolder();
    if (target === undefined) return;
    await copyExamples(shipped, names, target);
    const pending: PendingExample = { folder: target.toString(), name: chosen };
    await context.globalState.update(pendingKey, pending);
    await commands.executeCommand('vscode.openFolder', target);
  };

  void openPending(context).catch(reportError);
  return Disposable.from(registerCommand('alidade.openExample', openExample));
}

/** The window was opened anew for the examples: shows the one that was asked for. */
async function openPending({ globalState }: ExtensionContext): Promise<void> {
  const pending = globalState.get<PendingExample>(pendingKey);
  const isHere = workspace.workspaceFolders?.some(({ uri }) => uri.toString() === pending?.folder) === true;
  if (pending === undefined || !isHere) return;
  await globalState.update(pendingKey, undefined);
  await showFile(Uri.parse(pending.folder), pending.name);
}

async function namesOf(folder: Uri): Promise<readonly string[]> {
  const entries = await workspace.fs.readDirectory(folder);
  return entries.flatMap(([name, type]) => (type === FileType.File ? [name] : [])).sort();
}

async function chooseExample(names: readonly string[]): Promise<string | undefined> {
  const hints: Readonly<Record<string, string>> = {
    'README.md': l10n.t('A path through the examples'),
    'chat.jsonl': l10n.t('Conversations'),
    'explain.prompt.md': l10n.t('A prompt whose inputs are asked for'),
    'houseplant.reward.yaml': l10n.t('Reward tests'),
    'preferences.jsonl': l10n.t('Preference pairs, one of them mislabelled'),
    'promptfooconfig.yaml': l10n.t('Two wordings of one request'),
    'reply-apology.prompty': l10n.t('Another wording of the prompt with two inputs'),
    'reply.prompty': l10n.t('A prompt with two inputs'),
    'responses.jsonl': l10n.t('Several responses to one prompt'),
    'zephyr-hma.merge.yml': l10n.t('A recipe for the point between two models'),
  };
  const items = names.map((label) => ({ label, description: hints[label] ?? '' }));
  const picked = await window.showQuickPick(items, { title: l10n.t('Open Example'), matchOnDescription: true });
  return picked?.label;
}

/** The folder of the workspace that holds the examples: one of its own folders, or a copy in one of them. */
async function findExamples(names: readonly string[]): Promise<Uri | null> {
  const folders = (workspace.workspaceFolders ?? []).flatMap(({ uri }) => [uri, Uri.joinPath(uri, copiedName)]);
  for (const folder of folders) {
    const there = await namesOf(folder).catch((): readonly string[] => []);
    if (names.every((name) => there.includes(name))) return folder;
  }
  return null;
}

async function confirmCopy(folder: string): Promise<boolean> {
  const copy = l10n.t('Copy');
  const question = l10n.t('Copy the examples of Alidade into {0}, as the folder {1}?', folder, copiedName);
  return (await window.showInformationMessage(question, copy)) === copy;
}

async function askForFolder(): Promise<Uri | undefined> {
  const picked = await window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    title: l10n.t('Choose a folder for the examples'),
    openLabel: l10n.t('Copy the Examples Here'),
  });
  return picked?.[0] === undefined ? undefined : Uri.joinPath(picked[0], copiedName);
}

/** What is there already stays as it is: it may have been edited. */
async function copyExamples(shipped: Uri, names: readonly string[], target: Uri): Promise<void> {
  const there = await namesOf(target).catch((): readonly string[] => []);
  for (const name of names.filter((wanted) => !there.includes(wanted))) {
    await workspace.fs.copy(Uri.joinPath(shipped, name), Uri.joinPath(target, name));
  }
}

async function showFile(folder: Uri, name: string): Promise<void> {
  await window.showTextDocument(Uri.joinPath(folder, name), { preview: false });
}
