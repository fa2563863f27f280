import { Disposable, env, l10n, ProgressLocation, window } from 'vscode';
import { abortSignalOf } from '../abortSignalOf';
import type { RowTarget } from '../commands';
import type { DataDocuments } from '../promptFile/dataDocuments';
import { registerCommand } from '../registerCommand';
import type { ScoreRowResult } from '../../protocol/sidecar';
import { offerStarter } from '../reportError';
import { findRow, readRow } from './rowTarget';
import type { RowScores } from './rowScores';

/** Scoring one row on demand, and copying its score. */
export function registerRowCommands(documents: DataDocuments, scores: RowScores): Disposable {
  const score = async (target: RowTarget | undefined): Promise<ScoreRowResult | null> => {
    const { row } = await findRow(documents, target);
    const scorable = readRow(row);
    const options = { location: ProgressLocation.Window, title: l10n.t('Scoring'), cancellable: true };
    try {
      return await window.withProgress(options, (progress, token) =>
        scores.score(scorable, {
          signal: abortSignalOf(token),
          priority: 'interactive',
          progress: ({ message }) => progress.report({ message }),
        }),
      );
    } catch (error) {
      if (!scores.isStarterMissing) throw error;
      offerStarter();
      return null;
    }
  };
  return Disposable.from(
    registerCommand('alidade.scoreRow', async (target) => {
      await score(target);
    }),
    registerCommand('alidade.copyRowJson', async (target) => {
      const scored = await score(target);
      if (scored === null) return;
      await env.clipboard.writeText(JSON.stringify(scored.row));
      window.setStatusBarMessage(l10n.t('Score copied as JSON'), 3000);
    }),
  );
}
