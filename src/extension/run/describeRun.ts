import { l10n, MarkdownString } from 'vscode';
import { describeDuration } from '../../core/describeQuantity';
import type { Progress } from '../../core/jobContext';
import { escapeMarkdown } from '../reward/scoreMarkdown';
import type { UnfinishedState } from './unfinishedState';

/** Long work as a view has it. */
interface DescribedRun<Done> {
  readonly state: UnfinishedState | Done;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** What stands behind the name of long work. @param summary what is told of it once it is done. */
export function describeRun<Done extends { readonly kind: 'done' }>(
  { state, created }: DescribedRun<Done>,
  summary: (state: Done) => readonly string[],
): string {
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
        ...summary(state),
        new Date(created).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' }),
      ].join(' · ');
  }
}

/** "38 % · 120 rows · 4.1 rows/s · 45 s left" */
function progressText({ message, done, total, unit, perSecond, secondsLeft }: Progress): string {
  const share = done === undefined || total === undefined || total === 0 ? null : Math.floor((100 * done) / total);
  return [
    ...(share === null ? [] : [l10n.t('{0} %', share)]),
    message,
    ...(perSecond === undefined || unit !== 'rows' ? [] : [l10n.t('{0} rows/s', perSecond.toPrecision(3))]),
    ...(secondsLeft === undefined ? [] : [l10n.t('{0} left', describeDuration(secondsLeft))]),
  ].join(' · ');
}

export interface RunTooltip extends DescribedRun<{ readonly kind: 'done' }> {
  readonly name: string;
  readonly description: string;
  /** What it was made from, and the like; a line each. */
  readonly details: readonly string[];
}

/** Name, description, what has gone wrong, details, and when it was begun. */
export function runTooltip({ name, description, state, details, created }: RunTooltip): MarkdownString {
  const trouble = state.kind === 'failed' ? state.hint : state.kind === 'interrupted' ? state.reason : null;
  const lines = [description, ...(trouble === null ? [] : [trouble]), ...details, new Date(created).toLocaleString()];
  return new MarkdownString([`**${escapeMarkdown(name)}**`, ...lines.map(escapeMarkdown)].join('\n\n'));
}
