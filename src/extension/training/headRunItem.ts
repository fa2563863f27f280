import { basename } from 'node:path';
import type { MarkdownString } from 'vscode';
import { l10n, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { describeDuration } from '../../core/describeQuantity';
import { describeRun, runTooltip } from '../run/describeRun';
import { stateIcon } from '../run/stateIcon';
import { isResumable, isUnderWay } from '../run/unfinishedState';
import type { HeadRunRecord } from './headRunRecord';

/** A training or an evaluation in the Runs view. */
export class HeadRunItem extends TreeItem {
  constructor(readonly headRun: HeadRunRecord) {
    super(basename(headRun.head), TreeItemCollapsibleState.None);
    this.id = headRun.id;
    this.description = [headRunKind(headRun), headRunDescription(headRun)].join(' · ');
    this.tooltip = tooltip(headRun);
    this.iconPath = stateIcon(headRun.state.kind);
    this.contextValue = contextOf(headRun);
    this.command = {
      command: 'alidade.openHeadRun',
      title: l10n.t('Open'),
      arguments: [{ headRun: { id: headRun.id } }],
    };
    this.accessibilityInformation = { label: `${basename(headRun.head)}, ${this.description}` };
  }
}

export function headRunKind({ job }: HeadRunRecord): string {
  return job.kind === 'training' ? l10n.t('training') : l10n.t('evaluation');
}

/** What stands behind the head's name. */
export function headRunDescription(run: HeadRunRecord): string {
  return describeRun(run, ({ seconds }) => [l10n.t('in {0}', describeDuration(seconds))]);
}

/** Words on which the menus of the view hang. */
function contextOf(run: HeadRunRecord): string {
  return [
    'headRun',
    isUnderWay(run) ? 'headStoppable' : 'headDeletable',
    ...(isResumable(run) ? ['headResumable'] : []),
  ].join(' ');
}

function tooltip(run: HeadRunRecord): MarkdownString {
  const { head, job, state, created } = run;
  const sources =
    job.kind === 'training'
      ? [l10n.t('Recipe: {0}', job.recipe)]
      : job.inputs.map((input) => l10n.t('Rows: {0}', input));
  return runTooltip({
    name: basename(head),
    description: headRunDescription(run),
    state,
    details: [...sources, l10n.t('Head file: {0}', head)],
    created,
  });
}
