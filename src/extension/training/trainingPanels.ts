import { basename } from 'node:path';
import type { ExtensionContext, WebviewPanel } from 'vscode';
import { commands, Disposable, env, l10n, Uri, ViewColumn, window, workspace } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../../core/alidadeError';
import type { HeadDescription } from '../../protocol/sidecarTraining';
import type { TrainingAction, TrainingView } from '../../protocol/trainingView';
import { actOnTraining, copyTrainingText, showTraining, trainingReady } from '../../protocol/trainingView';
import { loadPage } from '../loadPage';
import { affectsSetting } from '../readSetting';
import { registerCommand, runCommand } from '../registerCommand';
import { describeError } from '../reportError';
import { readHeadSetting } from '../reward/readScoreSettings';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { connectWebview } from '../webviewConnection';
import { describeTraining } from './describeTraining';
import type { HeadRunRecord } from './headRunRecord';
import type { HeadRuns } from './headRuns';
import { cardPathOf } from './headPaths';

export const trainingViewType = 'alidade.training';

/** Milliseconds between two drawings of what goes on. */
const drawInterval = 100;

export interface TrainingPanelsParams {
  readonly context: ExtensionContext;
  readonly client: Pick<SidecarClient, 'readHead'>;
  readonly runs: HeadRuns;
  readonly onDidChangeRun: (listener: (run: HeadRunRecord) => void) => Disposable;
}

export interface TrainingPanelsRegistration {
  /** What the page of a run, or of a head file by its path, shows; null when it is closed. */
  readonly view: (key: string) => TrainingView | null;
  /** The page of a head file. */
  readonly showHead: (path: string) => void;
  dispose(): void;
}

/** A page is of one run, or of one head file. */
type Subject = { readonly kind: 'run'; readonly id: string } | { readonly kind: 'head'; readonly path: string };

/** The pages of heads: one for each run and each head file, locked to it; they come back after a reload. */
export function registerTrainingPanels(params: TrainingPanelsParams): TrainingPanelsRegistration {
  const { runs } = params;
  const panels = new Map<string, TrainingPanel>();
  const adopt = (panel: WebviewPanel, subject: Subject): void => {
    const key = keyOf(subject);
    const adopted = new TrainingPanel(params, panel, subject);
    panels.set(key, adopted);
    panel.onDidDispose(() => {
      adopted.dispose();
      if (panels.get(key) === adopted) panels.delete(key);
    });
  };
  const open = (subject: Subject, title: string): void => {
    const known = panels.get(keyOf(subject));
    if (known !== undefined) known.reveal();
    else adopt(window.createWebviewPanel(trainingViewType, title, ViewColumn.Active), subject);
  };
  const registered = Disposable.from(
    registerCommand('alidade.openHeadRun', async ({ headRun: { id } }) => {
      await runs.load();
      const run = runs.find(id);
      if (run === null) {
        throw new AlidadeError({ code: 'not_found', message: l10n.t('this run is not there any more') });
      }
      open({ kind: 'run', id }, titleOf(run));
    }),
    window.registerWebviewPanelSerializer(trainingViewType, {
      deserializeWebviewPanel: async (panel, state: unknown) => {
        await runs.load();
        const subject = readSubject(state);
        if (subject === null || (subject.kind === 'run' && runs.find(subject.id) === null)) panel.dispose();
        else adopt(panel, subject);
      },
    }),
    params.onDidChangeRun((run) => {
      const panel = panels.get(keyOf({ kind: 'run', id: run.id }));
      if (runs.find(run.id) === null) panel?.dispose();
      else panel?.update();
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'head')) panels.forEach((panel) => panel.update());
    }),
    new Disposable(() => panels.forEach((panel) => panel.dispose())),
  );
  return {
    view: (key) => panels.get(key)?.view ?? null,
    showHead: (path) => open({ kind: 'head', path }, headTitleOf(path)),
    dispose: () => void registered.dispose(),
  };
}

class TrainingPanel implements Disposable {
  readonly #params: TrainingPanelsParams;
  readonly #panel: WebviewPanel;
  readonly #subject: Subject;
  readonly #connection: MessageConnection;
  readonly #abort = new AbortController();
  #head: HeadDescription | null = null;
  #problem: TrainingView['problem'] = null;
  #timer: NodeJS.Timeout | undefined;
  /** Kind of the state in which the head file was last looked for. */
  #readIn: string | null = null;
  #disposed = false;

  constructor(params: TrainingPanelsParams, panel: WebviewPanel, subject: Subject) {
    this.#params = params;
    this.#panel = panel;
    this.#subject = subject;
    this.#connection = this.#connect();
    loadPage(panel, 'training', params.context);
    this.update();
  }

  get view(): TrainingView {
    const path = this.#path();
    return describeTraining({
      ...{ run: this.#run(), path },
      ...{ head: this.#head, problem: this.#problem },
      isInUse: readHeadSetting() === path,
    });
  }

  reveal(): void {
    this.#panel.reveal();
  }

  /** Its run may have changed: draws what is known, and reads the head once it may be there. */
  update(): void {
    if (this.#disposed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, drawInterval);
    const state = this.#run()?.state.kind ?? 'head';
    if (state === this.#readIn) return;
    this.#readIn = state;
    // A training makes it at its end; what lies there before is another one.
    const isExpected = state === 'done' || this.#subject.kind === 'head' || this.#run()?.job.kind === 'evaluation';
    if (isExpected) void this.#read();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#connection.dispose();
    this.#panel.dispose();
  }

  #run(): HeadRunRecord | null {
    return this.#subject.kind === 'run' ? this.#params.runs.find(this.#subject.id) : null;
  }

  #path(): string {
    return this.#subject.kind === 'head' ? this.#subject.path : (this.#run()?.head ?? '');
  }

  async #read(): Promise<void> {
    try {
      this.#head = await this.#params.client.readHead(this.#path(), { signal: this.#abort.signal });
      this.#problem = null;
    } catch (error) {
      this.#head = null;
      this.#problem = describeError(error);
    }
    this.#send();
  }

  #send(): void {
    const isGone = this.#subject.kind === 'run' && this.#run() === null;
    if (!this.#disposed && !isGone) void this.#connection.sendNotification(showTraining, this.view);
  }

  #connect(): MessageConnection {
    const connection = connectWebview(this.#panel.webview);
    connection.onRequest(trainingReady, () => this.view);
    connection.onRequest(actOnTraining, async ({ action }) => {
      await this.#act(action);
      return null;
    });
    connection.onRequest(copyTrainingText, async ({ text }) => {
      await env.clipboard.writeText(text);
      return null;
    });
    connection.listen();
    return connection;
  }

  async #act(action: TrainingAction): Promise<void> {
    const run = this.#run();
    const head = { head: { path: this.#path() } };
    const target = { headRun: { id: run?.id ?? '' } };
    switch (action) {
      case 'stop':
        return runCommand('alidade.stopHeadRun', target);
      case 'resume':
        return runCommand('alidade.resumeHeadRun', target);
      case 'repeat':
        return run?.job.kind === 'training'
          ? runCommand('alidade.trainHead', { scheme: 'file', fsPath: run.job.recipe })
          : runCommand('alidade.evaluateHead', head);
      case 'openHead':
        return runCommand('alidade.openHead', head);
      case 'useHead':
        return runCommand('alidade.useHead', head);
      case 'evaluateHead':
        return runCommand('alidade.evaluateHead', head);
      case 'exportHead':
        return runCommand('alidade.exportHead', head);
      case 'openCard':
        await commands.executeCommand('markdown.showPreview', Uri.file(cardPathOf(this.#path())));
        return;
      case 'openRecipe':
        if (run?.job.kind === 'training') await commands.executeCommand('vscode.open', Uri.file(run.job.recipe));
        return;
      case 'openSource':
        if (run?.job.kind === 'evaluation' && run.job.inputs[0] !== undefined)
          await commands.executeCommand('vscode.open', Uri.file(run.job.inputs[0]));
        return;
      case 'showLog':
        return runCommand('alidade.showLog');
    }
  }
}

function keyOf(subject: Subject): string {
  return subject.kind === 'run' ? subject.id : subject.path;
}

function titleOf({ job, head }: HeadRunRecord): string {
  return job.kind === 'training' ? headTitleOf(head) : l10n.t('Evaluation of {0}', basename(head));
}

function headTitleOf(path: string): string {
  return l10n.t('Head {0}', basename(path));
}

/** What the page has saved of itself. */
function readSubject(state: unknown): Subject | null {
  if (typeof state !== 'object' || state === null) return null;
  if ('run' in state && typeof state.run === 'string') return { kind: 'run', id: state.run };
  return 'head' in state && typeof state.head === 'string' ? { kind: 'head', path: state.head } : null;
}
