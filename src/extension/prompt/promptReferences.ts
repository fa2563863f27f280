import { realpath } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { FileType, l10n, Uri, workspace } from 'vscode';
import type { FileReference } from '../../core/prompt/promptFile';

/** Bytes; longer files are no parts of prompts. */
const largestReference = 1_000_000;
/** Files of one prompt file that are read. */
const mostReferences = 64;

/** The file that a reference means, and what came of reading it. */
export interface ReadReference {
  readonly reference: FileReference;
  /** null: it may not be read. */
  readonly uri: Uri | null;
  readonly text: string | null;
  /** Why there is no text. */
  readonly problem: string | null;
}

/**
 * Reads what a prompt file refers to: within the folder of a trusted workspace that holds it, else within its own folder.
 * Nothing else is read, also not by way of links.
 */
export async function readReferences(
  document: Uri,
  references: readonly FileReference[],
): Promise<readonly ReadReference[]> {
  const tooMany = l10n.t('more than {0} files are referred to', mostReferences);
  const read = references.slice(0, mostReferences).map((reference) => readReference(document, reference));
  const rest = references.slice(mostReferences);
  return [
    ...(await Promise.all(read)),
    ...rest.map((reference) => ({ reference, uri: null, text: null, problem: tooMany })),
  ];
}

async function readReference(document: Uri, reference: FileReference): Promise<ReadReference> {
  const failed = (problem: string, uri: Uri | null = null): ReadReference => ({ reference, uri, text: null, problem });
  if (document.scheme === 'untitled') return failed(l10n.t('the prompt file has not been saved yet'));
  const own = Uri.joinPath(document, '..');
  const path = reference.path.replace(/^file:\/\//, '');
  const uri = isAbsolute(path) ? own.with({ path: Uri.file(path).path }) : Uri.joinPath(own, path);
  const root = (workspace.isTrusted ? workspace.getWorkspaceFolder(document)?.uri : undefined) ?? own;
  if (!(await liesWithin(root, uri))) {
    return failed(l10n.t('{0} lies outside {1} and is not read', reference.path, workspace.asRelativePath(root)));
  }
  const open = workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
  if (open !== undefined) return { reference, uri, text: open.getText(), problem: null };
  try {
    const { size, type } = await workspace.fs.stat(uri);
    if ((type & FileType.Directory) !== 0) return failed(l10n.t('{0} is a folder', reference.path), uri);
    if (largestReference < size) {
      return failed(l10n.t('{0} is larger than {1} MB and is not read', reference.path, largestReference / 1e6), uri);
    }
    const text = new TextDecoder().decode(await workspace.fs.readFile(uri));
    return { reference, uri, text, problem: null };
  } catch {
    return failed(l10n.t('{0} cannot be read', reference.path), uri);
  }
}

async function liesWithin(root: Uri, uri: Uri): Promise<boolean> {
  if (root.scheme !== 'file') return !isOutside(relative(root.path, uri.path));
  if (isOutside(relative(root.fsPath, uri.fsPath))) return false;
  try {
    return !isOutside(relative(await realpath(root.fsPath), await realpath(uri.fsPath)));
  } catch {
    // It is not there: reading it says so.
    return true;
  }
}

function isOutside(path: string): boolean {
  return path === '..' || /^\.\.[/\\]/.test(path) || isAbsolute(path);
}
