import { basename } from 'node:path';
import { workspace } from 'vscode';
import type { HeadDescription } from '../../protocol/sidecarTraining';
import type { TrainingAction, TrainingSubject, TrainingView } from '../../protocol/trainingView';
import type { HeadRunRecord } from './headRunRecord';

export interface TrainingKnowledge {
  /** null: a head file on its own. */
  readonly run: HeadRunRecord | null;
  /** Absolute path of the head file. */
  readonly path: string;
  readonly head: HeadDescription | null;
  readonly isInUse: boolean;
  readonly problem: TrainingView['problem'];
}

/** What the page shows of what is known. */
export function describeTraining(knowledge: TrainingKnowledge): TrainingView {
  const { run, path, head, isInUse, problem } = knowledge;
  return {
    subject: subjectOf(run),
    path,
    file: shortPath(path),
    head,
    isInUse,
    problem,
    actions: actionsOf(knowledge),
  };
}

function subjectOf(run: HeadRunRecord | null): TrainingSubject {
  if (run === null) return { kind: 'head' };
  const { id, job, state } = run;
  return job.kind === 'training'
    ? { kind: 'training', run: id, recipe: shortPath(job.recipe), state, training: job.training }
    : { kind: 'evaluation', run: id, inputs: job.inputs.map(shortPath), state, evaluation: job.evaluation };
}

/** The path in the workspace, else the file's name. */
function shortPath(path: string): string {
  const inner = workspace.asRelativePath(path);
  return inner === path ? basename(path) : inner;
}

function actionsOf({ run, head, isInUse }: TrainingKnowledge): readonly TrainingAction[] {
  const ofHead: readonly TrainingAction[] =
    head === null
      ? []
      : [...(isInUse ? [] : (['useHead'] as const)), 'evaluateHead', 'exportHead', ...cardAction(head)];
  if (run === null) return ofHead;
  const isTraining = run.job.kind === 'training';
  const source: TrainingAction = isTraining ? 'openRecipe' : 'openSource';
  switch (run.state.kind) {
    case 'waiting':
    case 'running':
      return ['stop', source];
    case 'stopped':
    case 'interrupted':
      return ['resume', source];
    case 'failed':
      return isLastingReason(run.state.code) ? ['repeat', source, 'showLog'] : ['resume', source, 'showLog'];
    case 'done':
      return isTraining ? [...ofHead, source, 'repeat'] : ['openHead', source, 'repeat'];
  }
}

/** What stood in its way stands there still: going on does not help. */
function isLastingReason(code: string): boolean {
  return code === 'exists' || code === 'recipe' || code === 'row';
}

function cardAction({ card }: HeadDescription): readonly TrainingAction[] {
  return card === null ? [] : ['openCard'];
}
