import { basename, join } from 'node:path';
import { l10n, Uri, window, workspace } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../../core/alidadeError';
import type { HeadChange, LabelledPairs } from '../../protocol/breakdownView';
import {
  labelledPairsProgress,
  readLabelledPairs as readLabelledPairsRequest,
  saveHeadAs,
  stopLabelledPairs,
} from '../../protocol/breakdownView';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { readLabelledPairs, type FinishedRun } from './labelledPairs';
import type { ScoreSettings } from './readScoreSettings';
import type { RowScores } from './rowScores';

export interface WeightsHostParams {
  readonly client: Pick<SidecarClient, 'saveHead'>;
  readonly scores: Pick<RowScores, 'scoreBatch'>;
  readonly finishedRuns: () => readonly FinishedRun[];
  /** Of the row in view. */
  readonly settings: () => ScoreSettings;
}

/** What the page asks for when weights are changed: labelled pairs to compare with, and a head of its own for them. */
export class WeightsHost {
  readonly #params: WeightsHostParams;
  #reading: AbortController | null = null;

  constructor(params: WeightsHostParams) {
    this.#params = params;
  }

  listen(connection: MessageConnection): void {
    connection.onRequest(readLabelledPairsRequest, ({ modelHash }) => this.#readPairs(modelHash, connection));
    connection.onRequest(stopLabelledPairs, () => {
      this.#reading?.abort();
      return null;
    });
    connection.onRequest(saveHeadAs, (change) => this.#save(change));
  }

  dispose(): void {
    this.#reading?.abort();
  }

  async #readPairs(modelHash: string, connection: MessageConnection): Promise<LabelledPairs | null> {
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    const { scores, finishedRuns } = this.#params;
    return readLabelledPairs({
      modelHash,
      scores,
      runs: finishedRuns(),
      onProgress: (progress) => void connection.sendNotification(labelledPairsProgress, progress),
      signal: reading.signal,
    });
  }

  async #save(change: HeadChange): Promise<string | null> {
    const { reference, headPath, cwd } = this.#params.settings().model;
    const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath;
    const target = await window.showSaveDialog({
      title: l10n.t('Save as Head'),
      filters: { [l10n.t('Head files')]: ['safetensors'] },
      ...(folder === undefined ? {} : { defaultUri: Uri.file(join(folder, 'my-head.safetensors')) }),
    });
    if (target === undefined) return null;
    if (target.scheme !== 'file') {
      throw new AlidadeError({
        code: 'unsupported',
        message: l10n.t('{0} cannot be written', target.path),
        hint: l10n.t('choose a folder on a disk'),
      });
    }
    await this.#params.client.saveHead(
      {
        reference,
        ...(headPath === undefined ? {} : { headPath }),
        ...(cwd === undefined ? {} : { cwd }),
        ...change,
        output: target.fsPath,
      },
      { signal: new AbortController().signal },
    );
    return basename(target.fsPath);
  }
}
