import { basename } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { commands, Disposable, l10n, Uri, ViewColumn, window } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { Logger } from '../../core/jobContext';
import type { RunTarget } from '../commands';
import { describeError, offerStarter, reportError } from '../reportError';
import { registerCommand, runCommand } from '../registerCommand';
import type { DataDocuments } from '../promptFile/dataDocuments';
import { checkModelTrust, readScoreSettings } from '../reward/readScoreSettings';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { chooseDataFile, saveBeforeScoring } from './chooseDataFile';
import type { RunRecord } from './runRecord';
import { Runs } from './runs';
import { type ListedWork, runDescription, RunItem, RunsTree } from './runsTree';
import { RunStore, stampOf } from './runStore';
import { saveScores } from './saveScores';
import { isResumable, isUnderWay } from './unfinishedState';

export interface RunsViewParams {
  readonly context: ExtensionContext;
  readonly client: SidecarClient;
  readonly documents: DataDocuments;
  readonly logger: Logger;
  /** What else the view lists. */
  readonly others: {
    readonly all: () => readonly ListedWork[];
    readonly onDidChange: (listener: () => void) => Disposable;
  };
}

export interface RunsRegistration {
  readonly runs: Runs;
  /** Tells whoever listens that a run has changed. */
  readonly onDidChange: (listener: () => void) => Disposable;
  dispose(): void;
}

/** Milliseconds: who waited less than this still looks at the screen. */
const longRun = 30_000;

/** The Runs view and what can be done with a run; the page of a run is registered elsewhere. */
export function registerRunsView({ context, client, documents, logger, others }: RunsViewParams): RunsRegistration {
  const listeners = new Set<() => void>();
  const storage = context.storageUri ?? context.globalStorageUri;
  const runs: Runs = new Runs({
    client,
    store: new RunStore(Uri.joinPath(storage, 'runs').fsPath),
    logger,
    onChange: () => listeners.forEach((listener) => listener()),
    onEnd: announceEnd,
    now: () => Date.now(),
    interruption: l10n.t('the window was closed while it ran'),
  });
  const onDidChange = (listener: () => void): Disposable => {
    listeners.add(listener);
    return new Disposable(() => listeners.delete(listener));
  };
  const works = (): readonly ListedWork[] => [
    ...runs.all.map((run) => ({
      created: run.created,
      isUnderWay: isUnderWay(run),
      item: () => new RunItem(run),
    })),
    ...others.all(),
  ];
  const tree = new RunsTree(works);
  const view = window.createTreeView('alidade.runs', { treeDataProvider: tree });
  const update = (): void => {
    tree.redraw();
    const active = works().filter((work) => work.isUnderWay).length;
    view.badge = active === 0 ? undefined : { value: active, tooltip: l10n.t('Runs under way: {0}', active) };
  };
  const find = (target: RunTarget | undefined): RunRecord => {
    const run = target === undefined ? null : runs.find(target.run.id);
    if (run !== null) return run;
    throw new AlidadeError({ code: 'not_found', message: l10n.t('this run is not there any more') });
  };
  const start = async (path: string): Promise<void> => {
    const settings = readScoreSettings();
    if (!(await saveBeforeScoring(path))) return;
    const stamp = await stampOf(path);
    if (stamp === null) {
      throw new AlidadeError({ code: 'not_found', message: l10n.t('{0} is not there any more', path) });
    }
    const { id } = await runs.start({ input: path, stamp, settings });
    await runCommand('alidade.openRun', { run: { id } });
  };
  // Reading what is there starts nothing: the view is complete when it is opened.
  void runs.load().catch(reportError);
  const registered = Disposable.from(
    tree,
    view,
    onDidChange(update),
    others.onDidChange(update),
    registerCommand('alidade.scoreFile', async (named) => {
      const path = await chooseDataFile({ documents, named });
      if (path !== null) await start(path);
    }),
    registerCommand('alidade.stopRun', async (target) => runs.stop(find(target).id)),
    registerCommand('alidade.resumeRun', async (target) => {
      const run = find(target);
      checkModelTrust(run.settings.model.reference);
      if (isResumable(run)) await runs.resume(run.id);
    }),
    registerCommand('alidade.repeatRun', async (target) => start(find(target).input)),
    registerCommand('alidade.openRunOutput', async (target) => openOutput(runs.outputPath(find(target).id))),
    registerCommand('alidade.saveRunOutput', async (target) => saveScores({ client, runs, run: find(target) })),
    registerCommand('alidade.deleteRun', async (target) => {
      const run = find(target);
      const text = l10n.t('Delete the run over {0} and its scores?', basename(run.input));
      const confirm = l10n.t('Delete');
      const isEmpty = run.state.kind === 'failed' && run.model === null;
      const choice = isEmpty ? confirm : await window.showWarningMessage(text, { modal: true }, confirm);
      if (choice === confirm) await runs.remove(run.id);
    }),
    new Disposable(() => runs.dispose()),
  );
  return { runs, onDidChange, dispose: () => void registered.dispose() };
}

async function openOutput(path: string): Promise<void> {
  // While it goes on, and after it was stopped, the scores are in the part file.
  const there = (await stampOf(path)) === null ? `${path}.part` : path;
  if ((await stampOf(there)) === null) {
    throw new AlidadeError({ code: 'not_found', message: l10n.t('nothing has been scored yet') });
  }
  // Not `showTextDocument`: it refuses large files.
  await commands.executeCommand('vscode.open', Uri.file(there), { viewColumn: ViewColumn.Active });
}

/** Only what nobody may have seen, and what went wrong. */
function announceEnd(run: RunRecord): void {
  const { state, settings, created, input } = run;
  const open = l10n.t('Open');
  const openRun = (choice: string | undefined): void => {
    if (choice === open) void runCommand('alidade.openRun', { run: { id: run.id } });
  };
  const name = basename(input);
  if (state.kind === 'done') {
    if (Date.now() - created < longRun) return;
    void window.showInformationMessage(l10n.t('{0} is scored: {1}', name, runDescription(run)), open).then(openRun);
  } else if (state.kind === 'interrupted') {
    const resume = l10n.t('Resume');
    const text = l10n.t('Scoring {0} was interrupted: {1}.', name, state.reason);
    void window.showWarningMessage(text, resume, open).then((choice) => {
      if (choice === resume) void runCommand('alidade.resumeRun', { run: { id: run.id } });
      else openRun(choice);
    });
  } else if (state.kind === 'failed') {
    const isStarterMissing = state.code === 'not_found' && settings.model.reference === 'starter' && run.model === null;
    if (isStarterMissing) offerStarter();
    else
      reportError(
        new AlidadeError({
          code: state.code,
          message: describeFailure(state.message, name),
          hint: state.hint ?? undefined,
        }),
      );
  }
}

function describeFailure(message: string, file: string): string {
  const described = describeError(new AlidadeError({ code: 'internal', message }));
  return l10n.t('{0} was not scored: {1}', file, described?.message ?? message);
}
