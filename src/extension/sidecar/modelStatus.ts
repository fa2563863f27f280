import { basename } from 'node:path';
import type { QuickPickItem, TextDocument, TextEditor } from 'vscode';
import { commands, Disposable, l10n, MarkdownString, StatusBarAlignment, ThemeColor, window, workspace } from 'vscode';
import type { Progress } from '../../core/jobContext';
import { describeDtype } from '../../core/reward/describeDtype';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { CommandId } from '../commands';
import { affectsSetting, readSetting } from '../readSetting';
import { registerCommand } from '../registerCommand';
import type { RowScores } from '../reward/rowScores';
import { escapeMarkdown } from '../reward/scoreMarkdown';
import type { SidecarClient } from './sidecarClient';
import type { SidecarState } from './sidecarSupervisor';

export interface ModelStatusParams {
  readonly client: SidecarClient;
  readonly scores: RowScores;
  readonly onSidecarState: (listener: (state: SidecarState) => void) => Disposable;
  /** The document is one that a model may be asked about. */
  readonly concerns: (document: TextDocument) => boolean;
}

/**
 * Status bar: which model on which device, and whether it works; a click offers what can be done. It is there from the
 * first file that a model may be asked about, or the first question to it.
 */
export function registerModelStatus({ client, scores, onSidecarState, concerns }: ModelStatusParams): Disposable {
  const item = window.createStatusBarItem('alidade.model', StatusBarAlignment.Right, 100);
  item.name = l10n.t('Alidade: reward model');
  item.command = 'alidade.showModelMenu' satisfies CommandId;
  let model: RewardModelDescription | null = null;

  const update = (): void => {
    const name = model?.name ?? modelName(readSetting('rewardModel'));
    const failure = scores.modelFailure;
    const { kind } = client.state;
    const isFailed = kind === 'failed' || failure !== null;
    const { step } = scores;
    const icon = isFailed ? 'error' : kind === 'starting' || step !== null ? 'loading~spin' : 'dashboard';
    const detail = step !== null ? stepText(step) : (model?.device ?? '');
    item.text = `$(${icon}) ${name}${detail === '' ? '' : ` · ${detail}`}`;
    item.backgroundColor = isFailed ? new ThemeColor('statusBarItem.errorBackground') : undefined;
    item.tooltip = tooltip(client.state, model, failure?.message ?? null);
    const state = [failure?.message ?? stateText(client.state), detail].filter((text) => text !== '').join(', ');
    item.accessibilityInformation = {
      label: l10n.t('Reward model {0}, {1}', name, state),
      role: 'button',
    };
  };
  const showFor = (editor: TextEditor | undefined): void => {
    if (editor !== undefined && concerns(editor.document)) item.show();
  };
  update();
  showFor(window.activeTextEditor);
  return Disposable.from(
    item,
    window.onDidChangeActiveTextEditor(showFor),
    onSidecarState(() => {
      update();
      item.show();
    }),
    scores.onDidChange(update),
    scores.onDidStep(update),
    scores.onDidScore((result) => {
      model = result.model;
      update();
    }),
    scores.onDidChangeSettings(() => {
      model = null;
      update();
    }),
    workspace.onDidChangeConfiguration((event) => {
      const generator = [
        'generator.source',
        'generator.model',
        'generator.endpoint',
        'generator.endpointModel',
      ] as const;
      if (affectsSetting(event, 'rewardModel', 'device', ...generator)) update();
    }),
    registerCommand('alidade.showModelMenu', showMenu),
  );
}

/** Who answers prompts, as the settings have it. */
function generatorText(): string {
  switch (readSetting('generator.source')) {
    case 'local':
      return l10n.t('{0} on this machine', modelName(readSetting('generator.model')));
    case 'endpoint':
      return readSetting('generator.endpointModel') || readSetting('generator.endpoint') || l10n.t('an endpoint');
    case 'editor':
      return l10n.t('a language model of the editor');
  }
}

/** The last part of a path; a name as it is. */
function modelName(reference: string): string {
  return reference === 'starter' ? l10n.t('Starter') : basename(reference) || reference;
}

function stepText({ message, done, total }: Progress): string {
  if (done === undefined || total === undefined || total === 0) return message;
  return `${message} ${Math.floor((100 * done) / total)} %`;
}

function stateText(state: SidecarState): string {
  switch (state.kind) {
    case 'stopped':
      return l10n.t('not started yet');
    case 'starting':
      return l10n.t('starting');
    case 'running':
      return l10n.t('ready');
    case 'failed':
      return l10n.t('failed: {0}', state.reason);
  }
}

function tooltip(state: SidecarState, model: RewardModelDescription | null, failure: string | null): MarkdownString {
  const lines = [`${l10n.t('Scoring process')}: ${escapeMarkdown(stateText(state))}`];
  if (failure !== null) lines.push(`**${escapeMarkdown(failure)}**`);
  if (model !== null) {
    const { name, architecture, head, device, deviceReason, contextLength, mode, path } = model;
    lines.push(
      `**${escapeMarkdown(name)}** · ${escapeMarkdown(architecture)}`,
      escapeMarkdown(head),
      `${device} (${escapeMarkdown(deviceReason)}) · ${escapeMarkdown(describeDtype(model))} · ${mode} · ${l10n.t('{0} tokens of context', contextLength)}`,
      escapeMarkdown(path),
    );
  }
  lines.push(`${l10n.t('Answers to prompts')}: ${escapeMarkdown(generatorText())}`);
  return new MarkdownString(lines.join('\n\n'));
}

interface MenuItem extends QuickPickItem {
  readonly run: () => Thenable<unknown>;
}

async function showMenu(): Promise<void> {
  const command = (icon: string, label: string, id: CommandId): MenuItem => ({
    label: `$(${icon}) ${label}`,
    run: () => commands.executeCommand(id),
  });
  const items: MenuItem[] = [
    command('dashboard', l10n.t('Choose Reward Model…'), 'alidade.chooseRewardModel'),
    command('sparkle', l10n.t('Choose Generator…'), 'alidade.chooseGenerator'),
    command('debug-restart', l10n.t('Restart the Scoring Process'), 'alidade.restartSidecar'),
    command('output', l10n.t('Show Log'), 'alidade.showLog'),
    command('pulse', l10n.t('Doctor: What Works Here'), 'alidade.runDoctor'),
    command('mortar-board', l10n.t('Open Walkthrough'), 'alidade.openWalkthrough'),
    {
      label: `$(gear) ${l10n.t('Settings')}`,
      run: () => commands.executeCommand('workbench.action.openSettings', '@ext:alidade.alidade'),
    },
  ];
  const picked = await window.showQuickPick(items, { title: l10n.t('Alidade') });
  await picked?.run();
}
