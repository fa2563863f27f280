import { basename } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { Disposable, EventEmitter, l10n, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { Logger } from '../../core/jobContext';
import type { TrainingView } from '../../protocol/trainingView';
import type { FileTarget, HeadRunTarget, HeadTarget } from '../commands';
import { affectsSetting } from '../readSetting';
import { registerCommand, runCommand } from '../registerCommand';
import { reportError } from '../reportError';
import type { ListedWork } from '../run/runsTree';
import { isUnderWay } from '../run/unfinishedState';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { WorkProcess } from '../sidecar/workProcess';
import { prepareEvaluation } from './evaluateHead';
import { exportHead } from './exportHead';
import { chooseHead, HeadFiles, headPathOf, pickHead, useHead } from './headFiles';
import { headRunDescription, HeadRunItem } from './headRunItem';
import type { HeadRunRecord } from './headRunRecord';
import { HeadRuns } from './headRuns';
import { HeadRunStore } from './headRunStore';
import { newHeadRecipe } from './newHeadRecipe';
import { checkTrust, prepareTraining } from './trainHead';
import { registerTrainingPanels } from './trainingPanels';

export interface TrainingParams {
  readonly context: ExtensionContext;
  readonly client: SidecarClient;
  readonly logger: Logger;
}

export interface TrainingRegistration {
  /** The newest first. */
  readonly runs: () => readonly HeadRunRecord[];
  /** What the page of a run, or of a head file by its path, shows; null when it is closed. */
  readonly view: (key: string) => TrainingView | null;
  readonly files: HeadFiles;
  /** For the Runs view. */
  readonly listed: {
    readonly all: () => readonly ListedWork[];
    readonly onDidChange: (listener: () => void) => Disposable;
  };
  dispose(): void;
}

/** Milliseconds: who waited less than this still looks at the screen. */
const longRun = 30_000;

/** Heads: their training, evaluation and export, their pages, and the choice of the one that scores. */
export function registerTraining({ context, client, logger }: TrainingParams): TrainingRegistration {
  const process = new WorkProcess({ context, logger });
  const files = new HeadFiles(client);
  const changed = new EventEmitter<HeadRunRecord>();
  const storage = context.storageUri ?? context.globalStorageUri;
  const runs = new HeadRuns({
    process,
    store: new HeadRunStore(Uri.joinPath(storage, 'heads').fsPath),
    logger,
    onChange: (run) => changed.fire(run),
    onEnd: (run) => {
      if (run.state.kind === 'done' && run.job.kind === 'training') files.refresh();
      announceEnd(run);
    },
    now: () => Date.now(),
    interruption: l10n.t('the window was closed while it ran'),
  });
  const find = (target: HeadRunTarget | undefined): HeadRunRecord => {
    const run = target === undefined ? null : runs.find(target.headRun.id);
    if (run !== null) return run;
    throw new AlidadeError({ code: 'not_found', message: l10n.t('this run is not there any more') });
  };
  const headOf = async (target: HeadTarget | FileTarget | undefined, title: string): Promise<string | null> =>
    headPathOf(target) ?? (await pickHead(files, title));
  const panels = registerTrainingPanels({ context, client, runs, onDidChangeRun: changed.event });
  // Reading what is there starts nothing: the view is complete when it is opened.
  void runs.load().catch(reportError);
  const registered = Disposable.from(
    process,
    files,
    changed,
    panels,
    registerCommand('alidade.newHeadRecipe', async (first, selected) => {
      const uri = await newHeadRecipe(client, selected ?? (first === undefined ? [] : [first]));
      if (uri !== null) await window.showTextDocument(uri, { preview: false });
    }),
    registerCommand('alidade.trainHead', async (target) => {
      const run = await prepareTraining(target);
      if (run !== null) await openRun(await runs.start(run));
    }),
    registerCommand('alidade.evaluateHead', async (target) => {
      checkTrust();
      const head = await headOf(target, l10n.t('Evaluate Head'));
      const run = head === null ? null : await prepareEvaluation(head);
      if (run !== null) await openRun(await runs.start(run));
    }),
    registerCommand('alidade.exportHead', async (target) => {
      checkTrust();
      const head = await headOf(target, l10n.t('Export Head'));
      if (head !== null) await exportHead(process, head);
    }),
    registerCommand('alidade.openHead', async (target) => {
      const head = await headOf(target, l10n.t('Open Head'));
      if (head !== null) panels.showHead(head);
    }),
    registerCommand('alidade.chooseHead', () => chooseHead(files)),
    registerCommand('alidade.useHead', async (target) => {
      const head = headPathOf(target);
      if (head !== null) await useHead(head, files);
    }),
    registerCommand('alidade.stopHeadRun', (target) => runs.stop(find(target).id)),
    registerCommand('alidade.resumeHeadRun', (target) => {
      checkTrust();
      return runs.resume(find(target).id);
    }),
    registerCommand('alidade.deleteHeadRun', (target) => runs.remove(find(target).id)),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'modelFolders')) files.refresh();
    }),
    workspace.onDidChangeWorkspaceFolders(() => files.refresh()),
    new Disposable(() => runs.dispose()),
  );
  return {
    runs: () => runs.all,
    view: panels.view,
    files,
    listed: {
      all: () =>
        runs.all.map((run) => ({
          created: run.created,
          isUnderWay: isUnderWay(run),
          item: () => new HeadRunItem(run),
        })),
      onDidChange: (listener) => changed.event(() => listener()),
    },
    dispose: () => void registered.dispose(),
  };
}

async function openRun({ id }: HeadRunRecord): Promise<void> {
  await runCommand('alidade.openHeadRun', { headRun: { id } });
}

/** Only what nobody may have seen, and what went wrong. */
function announceEnd(run: HeadRunRecord): void {
  const { state, created, head, job } = run;
  const name = basename(head);
  const open = l10n.t('Open');
  const openIt = (choice: string | undefined): void => {
    if (choice === open) void openRun(run);
  };
  if (state.kind === 'done') {
    if (Date.now() - created < longRun) return;
    const text =
      job.kind === 'training'
        ? l10n.t('{0} is trained: {1}', name, headRunDescription(run))
        : l10n.t('{0} is evaluated: {1}', name, headRunDescription(run));
    void window.showInformationMessage(text, open).then(openIt);
  } else if (state.kind === 'interrupted') {
    const resume = l10n.t('Resume');
    const text = l10n.t('Work on {0} was interrupted: {1}.', name, state.reason);
    void window.showWarningMessage(text, resume, open).then((choice) => {
      if (choice === resume) void runCommand('alidade.resumeHeadRun', { headRun: { id: run.id } });
      else openIt(choice);
    });
  } else if (state.kind === 'failed') {
    const message =
      job.kind === 'training'
        ? l10n.t('{0} was not trained: {1}', name, state.message)
        : l10n.t('{0} was not evaluated: {1}', name, state.message);
    reportError(new AlidadeError({ code: state.code, message, hint: state.hint ?? undefined }));
  }
}
