import type { ExtensionContext, WebviewPanel } from 'vscode';
import { commands, Disposable, env } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { Progress } from '../../core/jobContext';
import type { CheckpointView } from '../../protocol/checkpointView';
import {
  checkpointReady,
  compareCheckpoint,
  copyCheckpointText,
  dropComparison,
  measureTensor,
  openAsText,
  showCheckpoint,
  showComparing,
  showComparison,
  showMeasuring,
  stopComparing,
  stopMeasuring,
} from '../../protocol/checkpointView';
import { loadPage } from '../loadPage';
import { connectWebview } from '../webviewConnection';
import type { CheckpointDocument } from './checkpointDocument';
import type { OtherCheckpoint } from './checkpointComparison';

export interface CheckpointEditorParams {
  readonly context: ExtensionContext;
  readonly document: CheckpointDocument;
  readonly panel: WebviewPanel;
  /** Asks the user for a checkpoint to compare with; null: nothing was chosen. */
  readonly chooseOther: () => Promise<OtherCheckpoint | null>;
}

/** Milliseconds between two drawings of a comparison: every one of them carries all tensors that have been compared. */
const drawInterval = 250;

/** One view of an open weight file. */
export class CheckpointEditor implements Disposable {
  readonly #params: CheckpointEditorParams;
  readonly #connection: MessageConnection;
  readonly #subscriptions: Disposable;
  #drawing: NodeJS.Timeout | undefined;

  constructor(params: CheckpointEditorParams) {
    const { document, panel, context } = params;
    this.#params = params;
    this.#connection = this.#connect();
    this.#subscriptions = Disposable.from(
      document.onDidChange(() => void this.#connection.sendNotification(showCheckpoint, this.view)),
      document.comparison.onDidChange(() => this.#drawComparison()),
      document.comparison.onDidProgress((progress) => {
        void this.#connection.sendNotification(showComparing, { progress });
      }),
    );
    loadPage(panel, 'checkpoint', context);
    void document.load();
  }

  get view(): CheckpointView {
    const { state, comparison } = this.#params.document;
    return { state, comparison: comparison.state };
  }

  /** Asks for another checkpoint, and compares with it. */
  async compare(): Promise<void> {
    const other = await this.#params.chooseOther();
    // Its progress, and what goes wrong, is told on the page.
    if (other !== null) void this.#params.document.comparison.start(other);
  }

  dispose(): void {
    clearTimeout(this.#drawing);
    this.#subscriptions.dispose();
    this.#connection.dispose();
  }

  #drawComparison(): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      void this.#connection.sendNotification(showComparison, { comparison: this.view.comparison });
    }, drawInterval);
  }

  #connect(): MessageConnection {
    const { document, panel } = this.#params;
    const connection = connectWebview(panel.webview);
    connection.onRequest(checkpointReady, () => this.view);
    connection.onRequest(measureTensor, ({ tensor }) =>
      document.measure(tensor, (progress: Progress) => {
        void connection.sendNotification(showMeasuring, { tensor, progress });
      }),
    );
    connection.onRequest(stopMeasuring, () => {
      document.stopMeasuring();
      return null;
    });
    connection.onRequest(compareCheckpoint, async () => {
      await this.compare();
      return null;
    });
    connection.onRequest(stopComparing, () => {
      document.comparison.stop();
      return null;
    });
    connection.onRequest(dropComparison, () => {
      document.comparison.drop();
      return null;
    });
    connection.onRequest(openAsText, async () => {
      await commands.executeCommand('vscode.openWith', document.uri, 'default');
      return null;
    });
    connection.onRequest(copyCheckpointText, async ({ text }) => {
      await env.clipboard.writeText(text);
      return null;
    });
    connection.listen();
    return connection;
  }
}
