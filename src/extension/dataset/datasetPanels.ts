import { basename } from 'node:path';
import type { ExtensionContext, WebviewPanel } from 'vscode';
import { commands, Disposable, env, l10n, Uri, ViewColumn, window, workspace } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../../core/alidadeError';
import type { DatasetAction, DatasetView, RowReference } from '../../protocol/datasetView';
import {
  actOnDataset,
  copyDatasetText,
  datasetReady,
  explainDatasetRow,
  openDatasetRow,
  readDatasetPage,
  showDataset,
} from '../../protocol/datasetView';
import type { DatasetReference } from '../../protocol/sidecar';
import { loadPage } from '../loadPage';
import type { DataDocuments } from '../promptFile/dataDocuments';
import { registerCommand, runCommand } from '../registerCommand';
import { describeError, reportError } from '../reportError';
import type { BreakdownRegistration } from '../reward/breakdownPanel';
import { checkModelTrust } from '../reward/readScoreSettings';
import type { RunRecord } from '../run/runRecord';
import { isUnderWay } from '../run/unfinishedState';
import type { RunsRegistration } from '../run/runsView';
import { stampOf } from '../run/runStore';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { connectWebview } from '../webviewConnection';
import type { DatasetKnowledge } from './datasetView';
import { describeDataset, sourceProblemOf } from './datasetView';
import { isTextFile, openSourceRow } from './openSourceRow';

export const datasetViewType = 'alidade.dataset';

/** Milliseconds between two readings of scores that are being made. */
const refreshInterval = 1000;
/** Milliseconds between two reports of progress; reading may take longer while the model is busy. */
const sendInterval = 500;

export interface DatasetPanelsParams {
  readonly context: ExtensionContext;
  readonly client: SidecarClient;
  readonly documents: DataDocuments;
  readonly breakdown: BreakdownRegistration;
  readonly runs: RunsRegistration;
}

export interface DatasetPanelsRegistration {
  /** What the page of a run shows; null when it is closed. */
  readonly view: (runId: string) => DatasetView | null;
  dispose(): void;
}

/** The pages of scored data sets: one for a run, comes back after a reload. */
export function registerDatasetPanels(params: DatasetPanelsParams): DatasetPanelsRegistration {
  const { runs } = params.runs;
  const panels = new Map<string, DatasetPanel>();
  const adopt = (panel: WebviewPanel, run: RunRecord): void => {
    const adopted = new DatasetPanel(params, panel, run.id);
    panels.set(run.id, adopted);
    panel.onDidDispose(() => {
      adopted.dispose();
      if (panels.get(run.id) === adopted) panels.delete(run.id);
    });
  };
  const registered = Disposable.from(
    registerCommand('alidade.openRun', async ({ run: { id } }) => {
      await runs.load();
      const run = runs.find(id);
      if (run === null) {
        throw new AlidadeError({ code: 'not_found', message: l10n.t('this run is not there any more') });
      }
      const open = panels.get(id);
      if (open !== undefined) open.reveal();
      else adopt(window.createWebviewPanel(datasetViewType, titleOf(run), ViewColumn.Active), run);
    }),
    window.registerWebviewPanelSerializer(datasetViewType, {
      deserializeWebviewPanel: async (panel, state: unknown) => {
        await runs.load();
        const run = runs.find(runIdOf(state));
        if (run === null) panel.dispose();
        else adopt(panel, run);
      },
    }),
    params.runs.onDidChange(() => {
      for (const [id, panel] of panels) {
        if (runs.find(id) === null) panel.dispose();
        else panel.update();
      }
    }),
    workspace.onDidSaveTextDocument(() => panels.forEach((panel) => panel.update())),
    new Disposable(() => panels.forEach((panel) => panel.dispose())),
  );
  return { view: (id) => panels.get(id)?.view ?? null, dispose: () => void registered.dispose() };
}

class DatasetPanel implements Disposable {
  readonly #params: DatasetPanelsParams;
  readonly #panel: WebviewPanel;
  readonly #runId: string;
  readonly #connection: MessageConnection;
  readonly #abort = new AbortController();
  #knowledge: DatasetKnowledge = { overview: null, problem: null, sourceProblem: null };
  #timer: NodeJS.Timeout | undefined;
  #sendTimer: NodeJS.Timeout | undefined;
  #isReading = false;
  /** Kind of the state that the last reading saw at its beginning: one that has ended is read once more. */
  #readState: string | null = null;
  #disposed = false;

  constructor(params: DatasetPanelsParams, panel: WebviewPanel, runId: string) {
    this.#params = params;
    this.#panel = panel;
    this.#runId = runId;
    this.#connection = this.#connect();
    loadPage(panel, 'dataset', params.context);
    panel.onDidChangeViewState(() => {
      if (panel.visible) this.update();
    });
    this.update();
  }

  get view(): DatasetView {
    return describeDataset(this.#run(), this.#knowledge);
  }

  reveal(): void {
    this.#panel.reveal();
  }

  /** The run or its file may have changed: draws what is known, and reads what is new. */
  update(): void {
    if (this.#disposed) return;
    this.#sendTimer ??= setTimeout(() => {
      this.#sendTimer = undefined;
      this.#send();
    }, sendInterval);
    if (this.#timer !== undefined) return;
    const wait = this.#isReading || (isUnderWay(this.#run()) && this.#readState !== null) ? refreshInterval : 0;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#read().catch(reportError);
    }, wait);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#sendTimer);
    this.#abort.abort();
    this.#connection.dispose();
    this.#panel.dispose();
  }

  #run(): RunRecord {
    const run = this.#params.runs.runs.find(this.#runId);
    if (run === null) throw new AlidadeError({ code: 'not_found', message: l10n.t('this run is not there any more') });
    return run;
  }

  #dataset(): DatasetReference {
    return { inputs: [this.#run().input], outputPath: this.#params.runs.runs.outputPath(this.#runId) };
  }

  async #read(): Promise<void> {
    if (this.#disposed || this.#params.runs.runs.find(this.#runId) === null) return;
    if (this.#isReading) {
      this.update();
      return;
    }
    this.#isReading = true;
    try {
      const run = this.#run();
      const sourceProblem = sourceProblemOf(run.stamp, await stampOf(run.input));
      // A hidden page is not drawn; it is read again when it is shown.
      if (this.#panel.visible) {
        this.#knowledge = await this.#readScores(sourceProblem);
        this.#readState = run.state.kind;
      }
    } finally {
      this.#isReading = false;
    }
    if (this.#disposed) return;
    this.#send();
    // It ended while it was being read.
    if (this.#params.runs.runs.find(this.#runId) !== null && this.#run().state.kind !== this.#readState) this.update();
  }

  async #readScores(sourceProblem: string | null): Promise<DatasetKnowledge> {
    try {
      const { signal } = this.#abort;
      const { overview, sourceProblem: unfit } = await this.#params.client.datasetOverview(
        { dataset: this.#dataset() },
        { signal },
      );
      return { overview, problem: null, sourceProblem: sourceProblem ?? unfit };
    } catch (error) {
      const described = describeError(error);
      const isNothingYet = error instanceof AlidadeError && error.code === 'not_found';
      const { overview } = this.#knowledge;
      if (described === null || isNothingYet) return { overview, problem: null, sourceProblem };
      return { overview, problem: described, sourceProblem };
    }
  }

  #send(): void {
    if (this.#disposed || this.#params.runs.runs.find(this.#runId) === null) return;
    void this.#connection.sendNotification(showDataset, this.view);
  }

  #connect(): MessageConnection {
    const { client } = this.#params;
    const { signal } = this.#abort;
    const connection = connectWebview(this.#panel.webview);
    connection.onRequest(datasetReady, () => this.view);
    connection.onRequest(readDatasetPage, (page) =>
      client.datasetPage({ dataset: this.#dataset(), ...page }, { signal }),
    );
    connection.onRequest(openDatasetRow, async ({ focus, ...row }) => {
      if (row.line === null || !isTextFile(this.#run().input)) await this.#explain(row);
      else await this.#openRow(row, row.line, focus);
      return null;
    });
    connection.onRequest(explainDatasetRow, async (row) => {
      await this.#explain(row);
      return null;
    });
    connection.onRequest(actOnDataset, async ({ action }) => {
      await this.#act(action);
      return null;
    });
    connection.onRequest(copyDatasetText, async ({ text }) => {
      await env.clipboard.writeText(text);
      return null;
    });
    connection.listen();
    return connection;
  }

  async #openRow({ id }: RowReference, line: number, focus: boolean): Promise<void> {
    const pageColumn = this.#panel.viewColumn;
    await openSourceRow(this.#params.documents, { path: this.#run().input, id, line, focus, pageColumn });
  }

  /** The breakdown of the row as the run's model sees it, whichever model is chosen now. */
  async #explain(reference: RowReference): Promise<void> {
    const { client, breakdown } = this.#params;
    const { settings, input } = this.#run();
    checkModelTrust(settings.model.reference);
    const { signal } = this.#abort;
    const { row, line } = await client.datasetRow({ dataset: this.#dataset(), row: reference.row }, { signal });
    const file = workspace.asRelativePath(input);
    await breakdown.showRow({
      row,
      settings,
      location: { file: file === input ? basename(input) : file, line: line + 1 },
      reveal: () => (isTextFile(input) ? this.#openRow(reference, line, true) : Promise.resolve(this.#panel.reveal())),
    });
  }

  async #act(action: DatasetAction): Promise<void> {
    const target = { run: { id: this.#runId } };
    switch (action) {
      case 'stop':
        return runCommand('alidade.stopRun', target);
      case 'resume':
        return runCommand('alidade.resumeRun', target);
      case 'repeat':
        return runCommand('alidade.repeatRun', target);
      case 'openOutput':
        return runCommand('alidade.openRunOutput', target);
      case 'saveAs':
        return runCommand('alidade.saveRunOutput', target);
      case 'openSource':
        await commands.executeCommand('vscode.open', Uri.file(this.#run().input));
        return;
      case 'fetchStarter':
        await runCommand('alidade.fetchStarter');
        return runCommand('alidade.resumeRun', target);
      case 'chooseModel':
        return runCommand('alidade.chooseRewardModel');
      case 'showLog':
        return runCommand('alidade.showLog');
    }
  }
}

function titleOf({ input }: RunRecord): string {
  return l10n.t('Scores of {0}', basename(input));
}

/** What the page has saved of itself. */
function runIdOf(state: unknown): string {
  return typeof state === 'object' && state !== null && 'run' in state && typeof state.run === 'string'
    ? state.run
    : '';
}
