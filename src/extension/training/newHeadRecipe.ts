import { basename, dirname, extname, join, relative } from 'node:path';
import type { QuickPickItem } from 'vscode';
import { l10n, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { FileTarget } from '../commands';
import { readSetting } from '../readSetting';
import { dataFileEndings } from '../run/chooseDataFile';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { headRecipeText, offeredObjectives, type NamedData, type OfferedObjective } from './headRecipeText';

/** Rows of a file that are looked at for labels. */
const mostRows = 2000;

/**
 * Asks which of the labels in some data files are to be learnt, writes a recipe beside the first of them, and returns its
 * URI; null when the user has thought better of it.
 * @throws AlidadeError when a file cannot be read.
 */
export async function newHeadRecipe(
  client: Pick<SidecarClient, 'readDataFields'>,
  selected: readonly FileTarget[],
): Promise<Uri | null> {
  const files = 0 < selected.length ? selected.map(({ fsPath }) => fsPath) : await chooseFiles();
  if (files === null) return null;
  const folder = dirname(files[0] ?? '');
  const data = await readFiles(client, files, folder);
  const objectives = await chooseObjectives(data);
  if (objectives === null) return null;
  const name = data[0]?.name ?? 'head';
  const model = readSetting('rewardModel').trim() || 'starter';
  const uri = await freeName(folder, name);
  const text = headRecipeText({ name, model, data, objectives });
  await workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

async function chooseFiles(): Promise<readonly string[] | null> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const chosen = await window.showOpenDialog({
    title: l10n.t('New Head Recipe From'),
    openLabel: l10n.t('Choose'),
    canSelectMany: true,
    filters: { [l10n.t('Data files')]: [...dataFileEndings], [l10n.t('All files')]: ['*'] },
    ...(folder === undefined ? {} : { defaultUri: folder }),
  });
  return chosen === undefined || chosen.length === 0 ? null : chosen.map(({ fsPath }) => fsPath);
}

async function readFiles(
  client: Pick<SidecarClient, 'readDataFields'>,
  files: readonly string[],
  folder: string,
): Promise<readonly NamedData[]> {
  const { signal } = new AbortController();
  const { files: read } = await client.readDataFields({ files, rows: mostRows }, { signal });
  const names = new Map<string, number>();
  return read.map((fields) => {
    if (fields.error !== null) {
      const { message, hint } = fields.error;
      throw new AlidadeError({ code: 'format', message, hint: hint ?? undefined });
    }
    const base = basename(fields.path, extname(fields.path)).replace(/[^\w-]+/g, '_') || 'data';
    const count = (names.get(base) ?? 0) + 1;
    names.set(base, count);
    return {
      name: count === 1 ? base : `${base}_${count}`,
      file: relative(folder, fields.path).split('\\').join('/'),
      fields,
    };
  });
}

interface ObjectivePick extends QuickPickItem {
  readonly objective: OfferedObjective;
}

async function chooseObjectives(data: readonly NamedData[]): Promise<readonly OfferedObjective[] | null> {
  const offered = offeredObjectives(data);
  const isLabelled = offered.some(({ kind }) => kind === 'field');
  const picks = offered.map((objective): ObjectivePick => {
    const isPicked = objective.kind === 'field' || (objective.kind === 'preference' && !isLabelled);
    return { label: objective.name, ...describe(objective), objective, picked: isPicked };
  });
  const picked = await window.showQuickPick(picks, {
    title: l10n.t('New Head Recipe'),
    placeHolder: l10n.t('What the head is to learn'),
    canPickMany: true,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked === undefined || picked.length === 0 ? null : picked.map(({ objective }) => objective);
}

function describe(objective: OfferedObjective): Pick<QuickPickItem, 'description' | 'detail'> {
  switch (objective.kind) {
    case 'computed':
      return { description: l10n.t('computed'), detail: l10n.t('The length of the response, to correct for it') };
    case 'preference':
      return { description: rowsText(objective), detail: l10n.t('Which of two responses is preferred') };
    case 'exchanged':
      return {
        description: rowsText(objective),
        detail: l10n.t('Made: responses in their place, and given to another prompt'),
      };
    case 'shuffled':
      return {
        description: rowsText(objective),
        detail: l10n.t('Made: responses as they are, and with words shuffled'),
      };
    case 'field':
      return { description: rowsText(objective), detail: labelText(objective) };
  }
}

function rowsText({ rows, data }: { readonly rows: number; readonly data: string }): string {
  return l10n.t('{0} rows of {1}', rows.toLocaleString(), data);
}

function labelText({ field, label }: Extract<OfferedObjective, { kind: 'field' }>): string {
  switch (label.kind) {
    case 'yesNo':
      return l10n.t('{0}: yes or no', field);
    case 'words':
      return l10n.t('{0}: {1} or {2}', field, label.no, label.yes);
    case 'rating':
      return l10n.t('{0}: ratings from {1} to {2}', field, label.min, label.max);
  }
}

async function freeName(folder: string, name: string): Promise<Uri> {
  for (let count = 1; ; count += 1) {
    const uri = Uri.file(join(folder, `${name}${count === 1 ? '' : `-${count}`}.head.yml`));
    const isTaken = await workspace.fs.stat(uri).then(
      () => true,
      () => false,
    );
    if (!isTaken) return uri;
  }
}
