import { basename } from 'node:path';
import { l10n, MarkdownString, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { describeDuration } from '../../core/describeQuantity';
import { escapeMarkdown } from '../reward/scoreMarkdown';
import { progressText } from '../run/runsTree';
import { stateIcon } from '../run/stateIcon';
import { isResumable, isUnderWay, type HeadRunRecord } from './headRunRecord';

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
export function headRunDescription({ state, created }: HeadRunRecord): string {
  switch (state.kind) {
    case 'waiting':
      return l10n.t('waiting for its turn');
    case 'running':
      return state.progress === null ? l10n.t('starting') : progressText(state.progress);
    case 'stopped':
      return l10n.t('stopped');
    case 'interrupted':
      return l10n.t('interrupted');
    case 'failed':
      return state.message;
    case 'done':
      return [
        l10n.t('in {0}', describeDuration(state.seconds)),
        new Date(created).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' }),
      ].join(' · ');
  }
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
  const lines = [`**${escapeMarkdown(basename(head))}**`, escapeMarkdown(headRunDescription(run))];
  if (state.kind === 'failed' && state.hint !== null) lines.push(escapeMarkdown(state.hint));
  if (state.kind === 'interrupted') lines.push(escapeMarkdown(state.reason));
  lines.push(
    ...(job.kind === 'training'
      ? [escapeMarkdown(l10n.t('Recipe: {0}', job.recipe))]
      : job.inputs.map((input) => escapeMarkdown(l10n.t('Rows: {0}', input)))),
    escapeMarkdown(l10n.t('Head file: {0}', head)),
    escapeMarkdown(new Date(created).toLocaleString()),
  );
  return new MarkdownString(lines.join('\n\n'));
}
