import { basename } from 'node:path';
import type { TreeDataProvider } from 'vscode';
import { EventEmitter, l10n, MarkdownString, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { describeDuration } from '../../core/describeQuantity';
import { describeDtype } from '../../core/reward/describeDtype';
import { escapeMarkdown } from '../reward/scoreMarkdown';
import { describeRun } from './describeRun';
import type { RunRecord } from './runRecord';
import { stateIcon } from './stateIcon';
import { isResumable, isUnderWay } from './unfinishedState';

/** Milliseconds between two redraws while a run reports its progress. */
const redrawInterval = 500;

export class RunItem extends TreeItem {
  constructor(readonly run: RunRecord) {
    super(basename(run.input), TreeItemCollapsibleState.None);
    this.id = run.id;
    this.description = runDescription(run);
    this.tooltip = tooltip(run);
    this.iconPath = stateIcon(run.state.kind);
    this.contextValue = contextOf(run);
    this.command = { command: 'alidade.openRun', title: l10n.t('Open'), arguments: [{ run: { id: run.id } }] };
    this.accessibilityInformation = { label: `${basename(run.input)}, ${stateText(run)}, ${this.description}` };
  }
}

/** Long work as the view lists it. */
export interface ListedWork {
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly isUnderWay: boolean;
  readonly item: () => TreeItem;
}

/** Scored files, and whatever else takes long in this workspace: the newest first. */
export class RunsTree implements TreeDataProvider<TreeItem> {
  readonly #works: () => readonly ListedWork[];
  readonly #changed = new EventEmitter<void>();
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(works: () => readonly ListedWork[]) {
    this.#works = works;
  }

  /** Soon, and not more often than anybody can read. */
  redraw(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed.fire();
    }, redrawInterval);
  }

  getTreeItem(item: TreeItem): TreeItem {
    return item;
  }

  getChildren(item?: TreeItem): TreeItem[] {
    if (item !== undefined) return [];
    return [...this.#works()].sort((a, b) => b.created - a.created).map((work) => work.item());
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changed.dispose();
  }
}

/** What stands behind the file's name. */
export function runDescription(run: RunRecord): string {
  return describeRun(run, ({ summary: { rows, errors, pairs } }) => [
    rows === 1 ? l10n.t('1 row') : l10n.t('{0} rows', rows.toLocaleString()),
    ...(pairs.accuracy === null ? [] : [l10n.t('accuracy {0}', percent(pairs.accuracy))]),
    ...(errors === 0 ? [] : [errors === 1 ? l10n.t('1 error') : l10n.t('{0} errors', errors.toLocaleString())]),
  ]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function stateText({ state }: RunRecord): string {
  switch (state.kind) {
    case 'waiting':
      return l10n.t('waiting');
    case 'running':
      return l10n.t('running');
    case 'stopped':
      return l10n.t('stopped');
    case 'interrupted':
      return l10n.t('interrupted');
    case 'failed':
      return l10n.t('failed');
    case 'done':
      return l10n.t('done');
  }
}

/** Words on which the menus of the view hang. */
function contextOf(run: RunRecord): string {
  return [
    'run',
    ...(isUnderWay(run) ? ['stoppable'] : ['deletable']),
    ...(isResumable(run) ? ['resumable'] : []),
    ...(run.state.kind === 'done' ? ['repeatable'] : []),
  ].join(' ');
}

function tooltip(run: RunRecord): MarkdownString {
  const { input, state, settings, model, created } = run;
  const lines = [`**${escapeMarkdown(basename(input))}** · ${escapeMarkdown(stateText(run))}`];
  const name = model?.name ?? settings.model.reference;
  const where = model === null ? [] : [describeDtype(model), model.device];
  lines.push([name, ...where].map(escapeMarkdown).join(' · '));
  if (state.kind === 'done') {
    const { rows, tokens, tokensPerSecond, seconds } = state.summary;
    lines.push(
      escapeMarkdown(
        l10n.t(
          '{0} rows, {1} tokens in {2}: {3} tokens/s',
          rows.toLocaleString(),
          tokens.toLocaleString(),
          describeDuration(seconds),
          Math.round(tokensPerSecond).toLocaleString(),
        ),
      ),
    );
  }
  if (state.kind === 'failed') lines.push(escapeMarkdown([state.message, state.hint ?? ''].filter(Boolean).join(': ')));
  if (state.kind === 'interrupted') lines.push(escapeMarkdown(state.reason));
  lines.push(escapeMarkdown(new Date(created).toLocaleString()), escapeMarkdown(input));
  return new MarkdownString(lines.join('\n\n'));
}
