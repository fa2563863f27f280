import { basename, dirname, extname, join } from 'node:path';
import type { Disposable } from 'vscode';
import { l10n, Position, ProgressLocation, Uri, window, workspace, WorkspaceEdit } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { writeRewardTest } from '../../core/rewardTest/writeRewardTest';
import { abortSignalOf } from '../abortSignalOf';
import type { DataDocuments } from '../promptFile/dataDocuments';
import { registerCommand } from '../registerCommand';
import { offerStarter } from '../reportError';
import { readScoreSettings } from '../reward/readScoreSettings';
import type { RowScores } from '../reward/rowScores';
import { findRow, readRow } from '../reward/rowTarget';

/** `alidade.newRewardTest`: a test file, not saved yet, that holds a row to the scores that it has now. */
export function registerNewRewardTest(documents: DataDocuments, scores: RowScores): Disposable {
  return registerCommand('alidade.newRewardTest', async (target) => {
    const { document, row } = await findRow(documents, target);
    const scorable = readRow(row);
    const options = { location: ProgressLocation.Window, title: l10n.t('Scoring'), cancellable: true };
    const scored = await window
      .withProgress(options, (_progress, token) =>
        scores.score(scorable, { signal: abortSignalOf(token), priority: 'interactive' }),
      )
      .then(undefined, (error: unknown) => {
        if (!scores.isStarterMissing) throw error;
        offerStarter();
        return null;
      });
    if (scored === null) return;
    const name = basename(document.uri.fsPath, extname(document.uri.fsPath));
    const text = writeRewardTest({
      name: `${name} ${row.data.id}`,
      model: readScoreSettings().model.reference,
      row: scorable,
      scored: scored.row,
    });
    if (text === null) {
      throw new AlidadeError({
        code: 'row',
        message: l10n.t('the row has no conversation that a test could hold'),
        hint: l10n.t('put the cursor on a row with a prompt and its responses'),
      });
    }
    const uri = await freeUri(dirname(document.uri.fsPath), `${name}-${row.data.id}`);
    const created = await workspace.openTextDocument(uri);
    const edit = new WorkspaceEdit();
    edit.insert(uri, new Position(0, 0), text);
    await workspace.applyEdit(edit);
    await window.showTextDocument(created);
  });
}

/** Beside the data file, under a name that nothing has yet. */
async function freeUri(folder: string, name: string): Promise<Uri> {
  const stem = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 80);
  for (let number = 1; ; number += 1) {
    const path = join(folder, `${stem}${number === 1 ? '' : `-${number}`}.reward.yaml`);
    const uri = Uri.file(path).with({ scheme: 'untitled' });
    const isOpen = workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
    const isThere = await workspace.fs.stat(Uri.file(path)).then(
      () => true,
      () => false,
    );
    if (!isOpen && !isThere) return uri;
  }
}
