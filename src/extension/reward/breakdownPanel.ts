import { posix } from 'node:path';
import type { Event, ExtensionContext, Position, TextDocument, WebviewPanel } from 'vscode';
import { commands, Disposable, env, l10n, Range, RelativePattern, Uri, ViewColumn, window, workspace } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../../core/alidadeError';
import type { Progress } from '../../core/jobContext';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { ScoreGrowth } from '../../core/reward/scoreGrowth';
import type {
  BreakdownPart,
  BreakdownState,
  BreakdownView,
  ErrorAction,
  RowLocation,
} from '../../protocol/breakdownView';
import {
  copyText,
  fetchStarter,
  readGrowth,
  ready,
  restartSidecar,
  revealRow,
  saveExport,
  setLocked,
  showBreakdown,
  showLog,
  weightsChanged,
} from '../../protocol/breakdownView';
import type { RowTarget } from '../commands';
import { debounce } from '../debounce';
import { loadPage } from '../loadPage';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { DocumentRow } from '../promptFile/documentRow';
import { registerCommand, runCommand } from '../registerCommand';
import { reportError } from '../reportError';
import { connectWebview } from '../webviewConnection';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { keepWeights } from './keepWeights';
import type { FinishedRun } from './labelledPairs';
import { findRow, isRowTarget, readRow, targetOf } from './rowTarget';
import { readScoreSettings, type ScoreSettings } from './readScoreSettings';
import type { RowScores } from './rowScores';
import { saveBreakdown } from './saveBreakdown';
import { WeightsHost } from './weightsHost';

/** In the workspace's storage: the row that the page showed last. */
const savedStateKey = 'alidade.breakdown';

export const breakdownViewType = 'alidade.breakdown';

/** Milliseconds for which the cursor has to rest. */
const followDelay = 150;

export interface BreakdownPanelParams {
  readonly context: ExtensionContext;
  readonly documents: DataDocuments;
  readonly scores: RowScores;
  readonly client: Pick<SidecarClient, 'saveHead'>;
  /** Runs whose scores may be compared with. */
  readonly finishedRuns: () => readonly FinishedRun[];
}

/** The breakdown page beside the file: one for the window, follows the cursor unless locked, comes back after a reload. */
export function registerBreakdownPanel(params: BreakdownPanelParams): BreakdownRegistration {
  let open: BreakdownPanel | null = null;
  const adopt = (panel: WebviewPanel, locked: boolean): BreakdownPanel => {
    open?.dispose();
    const adopted = new BreakdownPanel({ ...params, panel, locked });
    open = adopted;
    void commands.executeCommand('setContext', 'alidade.breakdownOpen', true);
    panel.onDidDispose(() => {
      adopted.dispose();
      if (open !== adopted) return;
      open = null;
      void commands.executeCommand('setContext', 'alidade.breakdownOpen', false);
    });
    return adopted;
  };
  const openPanel = (): BreakdownPanel => {
    if (open !== null) {
      open.reveal();
      return open;
    }
    const column = { viewColumn: ViewColumn.Beside, preserveFocus: true };
    return adopt(window.createWebviewPanel(breakdownViewType, l10n.t('Reward Breakdown'), column), false);
  };
  const follow = debounce(() => void open?.followCursor().catch(reportError), followDelay);
  const registered = Disposable.from(
    follow,
    registerCommand('alidade.showBreakdown', async (target, part) => {
      const { document, row } = await findRow(params.documents, target);
      // From a menu of the editor a command gets other things.
      await openPanel().show(document, row, part === 'growth' ? part : undefined);
    }),
    registerCommand('alidade.toggleBreakdownLock', () => open?.toggleLock()),
    window.registerWebviewPanelSerializer(breakdownViewType, {
      deserializeWebviewPanel: async (panel) => {
        const saved = readSavedState(params.context.workspaceState.get(savedStateKey));
        const adopted = adopt(panel, saved.locked);
        if (saved.target === null) return;
        // The file may have gone or changed since: then the page stays empty until the cursor finds a row.
        const found = await findRow(params.documents, saved.target).catch(() => null);
        if (found !== null) await adopted.show(found.document, found.row);
      },
    }),
    window.onDidChangeTextEditorSelection(follow.call),
    window.onDidChangeActiveTextEditor(follow.call),
    workspace.onDidChangeTextDocument(({ document }) => open?.onEdit(document, follow.call)),
    params.scores.onDidChangeSettings(() => void open?.refresh().catch(reportError)),
    new Disposable(() => open?.dispose()),
  );
  return {
    view: () => open?.view ?? null,
    showRow: (row) => openPanel().showDataRow(row),
    dispose: () => void registered.dispose(),
  };
}

/** A row that is in no editor: of a scored data set, with the settings of its run. */
export interface DataSetRow {
  readonly row: ScorableRow;
  readonly location: RowLocation;
  /** Default: those in force, also when they change. */
  readonly settings?: ScoreSettings;
  /** Shows the row where it comes from. */
  readonly reveal: () => Promise<void>;
  /** What the responses of a list are called, in their order. */
  readonly names?: readonly string[];
  /** What the row was made of, where that may change under it. */
  readonly origin?: RowOrigin;
}

/** A text that somebody may edit or delete while its row is shown. */
export interface RowOrigin {
  readonly state: () => 'same' | 'edited' | 'gone';
  readonly onDidChange: Event<void>;
  /** Whether it begins there: while the cursor rests on it, the page keeps what was made of it. */
  readonly beginsAt: (document: TextDocument, start: Position) => boolean;
}

export interface BreakdownRegistration {
  /** What the page shows; null when there is none. */
  readonly view: () => BreakdownView | null;
  /** Opens the page beside what is in front, with this row. */
  readonly showRow: (row: DataSetRow) => Promise<void>;
  dispose(): void;
}

interface ShownRow {
  readonly document: TextDocument;
  readonly start: Position;
  /** The row's JSON when it was scored. */
  readonly text: string;
}

class BreakdownPanel implements Disposable {
  readonly #params: BreakdownPanelParams;
  readonly #panel: WebviewPanel;
  readonly #connection: MessageConnection;
  #state: BreakdownState = { kind: 'empty' };
  #locked: boolean;
  #shown: ShownRow | null = null;
  /** In place of `#shown`. */
  #dataRow: DataSetRow | null = null;
  #originListener: Disposable | null = null;
  /** The file that the row in view is in, or was last. */
  #watched: { readonly file: Uri; readonly watcher: Disposable } | null = null;
  /** What the page shows the breakdown of. */
  #explained: ScorableRow | null = null;
  readonly #weights: WeightsHost;
  #request = new AbortController();
  #disposed = false;

  constructor({ panel, locked, ...params }: BreakdownPanelParams & { panel: WebviewPanel; locked: boolean }) {
    this.#params = params;
    this.#panel = panel;
    this.#locked = locked;
    this.#weights = new WeightsHost({
      ...params,
      settings: () => this.#dataRow?.settings ?? readScoreSettings(),
    });
    this.#connection = this.#connect(panel);
    loadPage(panel, 'breakdown', params.context);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#request.abort();
    this.#weights.dispose();
    this.#originListener?.dispose();
    this.#watched?.watcher.dispose();
    this.#connection.dispose();
    this.#panel.dispose();
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
  }

  toggleLock(): void {
    this.#setLocked(!this.#locked);
    this.#send();
  }

  async followCursor(): Promise<void> {
    const editor = window.activeTextEditor;
    if (this.#locked || editor === undefined) return;
    const row = this.#params.documents.rowAt(editor.document, editor.selection.active);
    if (row === null || this.#isShown(editor.document, row)) return;
    if (this.#dataRow?.origin?.beginsAt(editor.document, row.range.start) === true) return;
    await this.show(editor.document, row);
  }

  /** Shows the row: loading at once, then its breakdown or its error. A newer call overtakes an older one. */
  async show(document: TextDocument, row: DocumentRow, part?: BreakdownPart): Promise<void> {
    const { start } = row.range;
    const location: RowLocation = { file: workspace.asRelativePath(document.uri), line: start.line + 1 };
    this.#shown = { document, start, text: document.getText(row.range) };
    this.#setDataRow(null);
    if (document.uri.scheme !== 'untitled') this.#watch(document.uri);
    await this.#explain({ location, read: () => readRow(row), part });
  }

  /** As `show`, for a row that is in no editor. */
  async showDataRow(dataRow: DataSetRow): Promise<void> {
    this.#shown = null;
    this.#setDataRow(dataRow);
    const { location, row, settings } = dataRow;
    await this.#explain({ location, read: () => row, settings });
    this.#markOrigin();
  }

  #setDataRow(dataRow: DataSetRow | null): void {
    this.#originListener?.dispose();
    this.#dataRow = dataRow;
    this.#originListener = dataRow?.origin?.onDidChange(() => this.#markOrigin()) ?? null;
  }

  /** What is shown stays when its text is edited or deleted, and says so. */
  #markOrigin(): void {
    const origin = this.#dataRow?.origin;
    if (this.#state.kind !== 'row' || origin === undefined) return;
    const now = origin.state();
    const [stale, gone] = [now !== 'same', now === 'gone'];
    if (stale === this.#state.stale && gone === (this.#state.gone ?? false)) return;
    this.#setState({ ...this.#state, stale, gone });
  }

  async #explain({ location, read, settings, part }: ExplainParams): Promise<void> {
    this.#request.abort();
    const request = new AbortController();
    this.#request = request;
    this.#save();
    try {
      const scorable = read();
      this.#setState({ kind: 'loading', location, progress: { message: l10n.t('Scoring') } });
      const context = {
        signal: request.signal,
        priority: 'interactive',
        progress: (progress: Progress) => {
          if (!request.signal.aborted) this.#setState({ kind: 'loading', location, progress });
        },
      } as const;
      const explained = await this.#params.scores.explain(scorable, context, settings);
      if (request.signal.aborted) return;
      const names = this.#dataRow?.names;
      this.#explained = scorable;
      this.#setState({
        ...{ kind: 'row', location, row: explained, stale: false },
        ...(names && { names }),
        ...(part && { part }),
      });
    } catch (error) {
      if (request.signal.aborted) return;
      this.#setState(errorState(error, location, this.#params.scores.isStarterMissing));
    }
  }

  /** What is shown stays when its file is deleted, by whomever, and says so. */
  #watch(file: Uri): void {
    if (this.#watched?.file.toString() === file.toString()) return;
    this.#watched?.watcher.dispose();
    const name = posix.basename(file.path);
    const watcher = workspace.createFileSystemWatcher(new RelativePattern(Uri.joinPath(file, '..'), name), false, true);
    const mark = (gone: boolean): void => {
      if (this.#state.kind === 'row' && this.#shown !== null) this.#setState({ ...this.#state, gone });
    };
    watcher.onDidDelete(() => mark(true));
    watcher.onDidCreate(() => mark(false));
    this.#watched = { file, watcher };
  }

  onEdit(document: TextDocument, follow: () => void): void {
    if (this.#shown?.document !== document) return;
    if (this.#state.kind === 'row' && !this.#state.stale && this.#isEdited()) {
      this.#setState({ ...this.#state, stale: true });
    }
    follow();
  }

  /** After a change of model or settings: the new score of the row in view, without a flicker when it comes soon. */
  async refresh(): Promise<void> {
    if (this.#dataRow !== null) await this.showDataRow(this.#dataRow);
    if (this.#shown === null || this.#isEdited()) return;
    const row = this.#params.documents.rowAt(this.#shown.document, this.#shown.start);
    if (row !== null) await this.show(this.#shown.document, row);
  }

  #connect(panel: WebviewPanel): MessageConnection {
    const connection = connectWebview(panel.webview);
    connection.onRequest(ready, () => this.view);
    connection.onRequest(setLocked, ({ locked }) => {
      this.#setLocked(locked);
      return locked;
    });
    connection.onRequest(copyText, async ({ text }) => {
      await env.clipboard.writeText(text);
      return null;
    });
    connection.onRequest(readGrowth, ({ responses }) => this.#readGrowth(responses));
    connection.onRequest(saveExport, (params) => saveBreakdown(params, this.#shown?.document.uri ?? null));
    connection.onRequest(revealRow, async () => {
      await this.#revealRow();
      return null;
    });
    connection.onRequest(restartSidecar, async () => {
      await runCommand('alidade.restartSidecar');
      await this.refresh();
      return null;
    });
    connection.onRequest(fetchStarter, async () => {
      await runCommand('alidade.fetchStarter');
      await this.refresh();
      return null;
    });
    connection.onRequest(showLog, async () => {
      await runCommand('alidade.showLog');
      return null;
    });
    connection.onRequest(weightsChanged, async (change) => {
      await keepWeights(change);
      return null;
    });
    this.#weights.listen(connection);
    connection.listen();
    return connection;
  }

  /** Under the settings of now: weights that the page has set are among them. */
  async #readGrowth(responses: readonly number[]): Promise<readonly (ScoreGrowth | null)[]> {
    if (this.#explained === null) return responses.map(() => null);
    const context = { signal: this.#request.signal, priority: 'interactive' } as const;
    return this.#params.scores.grow(this.#explained, responses, context, this.#dataRow?.settings);
  }

  get view(): BreakdownView {
    return { state: this.#state, locked: this.#locked };
  }

  #send(): void {
    if (!this.#disposed) void this.#connection.sendNotification(showBreakdown, this.view);
  }

  #setState(state: BreakdownState): void {
    this.#state = state;
    this.#send();
  }

  #setLocked(locked: boolean): void {
    this.#locked = locked;
    this.#save();
    this.#panel.title = locked ? l10n.t('Reward Breakdown (locked)') : l10n.t('Reward Breakdown');
  }

  #save(): void {
    const target = this.#shown && targetOf(this.#shown.document, this.#shown.start);
    const saved: SavedState = { target, locked: this.#locked };
    void this.#params.context.workspaceState.update(savedStateKey, saved);
  }

  #isShown(document: TextDocument, row: DocumentRow): boolean {
    const shown = this.#shown;
    return (
      shown?.document === document && shown.start.isEqual(row.range.start) && shown.text === document.getText(row.range)
    );
  }

  #isEdited(): boolean {
    const shown = this.#shown;
    if (shown === null) return false;
    const row = this.#params.documents.rowAt(shown.document, shown.start);
    return row === null || shown.document.getText(row.range) !== shown.text;
  }

  async #revealRow(): Promise<void> {
    if (this.#dataRow !== null) await this.#dataRow.reveal();
    if (this.#shown === null) return;
    const { document, start } = this.#shown;
    const visible = window.visibleTextEditors.find((editor) => editor.document === document);
    const place = visible?.viewColumn ?? ViewColumn.One;
    await window.showTextDocument(document, { viewColumn: place, selection: new Range(start, start) });
  }
}

function errorState(error: unknown, location: RowLocation, isStarterMissing: boolean): BreakdownState {
  const { code, message, hint } =
    error instanceof AlidadeError
      ? error
      : { code: 'internal' as const, message: error instanceof Error ? error.message : String(error), hint: undefined };
  const isRowFault = code === 'row' || code === 'too_long';
  const actions: ErrorAction[] = isStarterMissing
    ? ['fetchStarter']
    : isRowFault
      ? ['revealRow']
      : ['restartSidecar', 'showLog'];
  return { kind: 'error', location, code, message, ...(hint === undefined ? {} : { hint }), actions };
}

interface ExplainParams {
  readonly location: RowLocation;
  readonly read: () => ScorableRow;
  /** Default: those in force. */
  readonly settings?: ScoreSettings | undefined;
  /** Where the page is opened. */
  readonly part?: BreakdownPart | undefined;
}

interface SavedState {
  readonly target: RowTarget | null;
  readonly locked: boolean;
}

/** Whatever a former version wrote. */
function readSavedState(state: unknown): SavedState {
  const saved = typeof state === 'object' && state !== null ? state : {};
  const locked = 'locked' in saved && saved.locked === true;
  return { target: 'target' in saved && isRowTarget(saved.target) ? saved.target : null, locked };
}
