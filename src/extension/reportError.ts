import { l10n, window } from 'vscode';
import { AlidadeError } from '../core/alidadeError';
import { runCommand } from './registerCommand';

/** Message and hint of any error, as one sentence each; null for a cancellation, which is no error to anybody. */
export function describeError(error: unknown): { readonly message: string; readonly hint: string | null } | null {
  if (!(error instanceof AlidadeError)) {
    return { message: error instanceof Error ? error.message : String(error), hint: null };
  }
  if (error.code === 'cancelled') return null;
  return { message: error.message, hint: error.hint ?? null };
}

/** The only place that shows errors. Returns at once. */
export function reportError(error: unknown): void {
  const described = describeError(error);
  if (described === null) return;
  const { message, hint } = described;
  const showLog = l10n.t('Show Log');
  const text = hint === null ? `${message}.` : `${message}: ${hint}.`;
  void window.showErrorMessage(upperFirst(text), showLog).then((choice) => {
    if (choice === showLog) void runCommand('alidade.showLog');
  });
}

/** The sidecar does not stay up: offers what can be done about it. */
export function reportSidecarFailure(reason: string): void {
  const [restart, showLog] = [l10n.t('Restart'), l10n.t('Show Log')];
  const text = l10n.t('The scoring process ended three times in a row ({0}).', reason);
  void window.showErrorMessage(text, restart, showLog).then((choice) => {
    if (choice === restart) void runCommand('alidade.restartSidecar');
    if (choice === showLog) void runCommand('alidade.showLog');
  });
}

/** Scoring needs a model, and the starter has not been fetched yet. Returns at once. */
export function offerStarter(): void {
  const fetch = l10n.t('Fetch the starter model');
  const text = l10n.t('Scoring needs a model. The starter is small (about 100 MB) and runs on any machine.');
  const choose = l10n.t('Choose a model');
  void window.showInformationMessage(text, fetch, choose).then((choice) => {
    if (choice === fetch) void runCommand('alidade.fetchStarter');
    if (choice === choose) void runCommand('alidade.chooseRewardModel');
  });
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
