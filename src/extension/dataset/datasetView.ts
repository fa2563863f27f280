import { basename } from 'node:path';
import { l10n, workspace } from 'vscode';
import type { DatasetOverview } from '../../core/dataset/datasetOverview';
import type { DatasetAction, DatasetView, RunView } from '../../protocol/datasetView';
import type { FileStamp, RunRecord } from '../run/runRecord';

/** What the page knows of its scores so far. */
export interface DatasetKnowledge {
  readonly overview: DatasetOverview | null;
  readonly problem: DatasetView['problem'];
  readonly sourceProblem: string | null;
}

export function describeDataset(run: RunRecord, knowledge: DatasetKnowledge): DatasetView {
  return { run: describeRun(run), ...knowledge, actions: actionsOf(run, knowledge.sourceProblem !== null) };
}

function describeRun({ id, input, state, model }: RunRecord): RunView {
  const file = workspace.asRelativePath(input);
  return { id, file: file === input ? basename(input) : file, state, model };
}

/** @param isStale what was scored cannot be gone on with: the file is another one now. */
function actionsOf({ state, settings, model }: RunRecord, isStale: boolean): readonly DatasetAction[] {
  switch (state.kind) {
    case 'waiting':
    case 'running':
      return ['stop', 'openSource'];
    case 'stopped':
    case 'interrupted':
      return isStale ? ['repeat', 'openSource'] : ['resume', 'openSource'];
    case 'failed': {
      const isStarterMissing = state.code === 'not_found' && settings.model.reference === 'starter' && model === null;
      if (isStarterMissing) return ['fetchStarter', 'chooseModel'];
      return [isStale || state.code === 'exists' ? 'repeat' : 'resume', 'chooseModel', 'showLog'];
    }
    case 'done':
      return ['saveAs', 'openOutput', 'openSource', 'repeat'];
  }
}

/** Why rows may not be where they were; null: the file is the one that was scored. */
export function sourceProblemOf(scored: FileStamp, now: FileStamp | null): string | null {
  if (now === null) return l10n.t('The file is not there any more: its rows cannot be shown.');
  if (now.bytes === scored.bytes && now.modified === scored.modified) return null;
  return l10n.t('The file has changed since it was scored: rows may have moved, and their scores are those of before.');
}
