import type { SecretStorage } from 'vscode';
import { Disposable, l10n, ProgressLocation, window } from 'vscode';
import type { Progress } from '../../core/jobContext';
import type { DownloadModelResult, ListedCheckpoint } from '../../protocol/sidecar';
import { abortSignalOf } from '../abortSignalOf';
import { registerCommand, runCommand } from '../registerCommand';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { runDownload, type DownloadDone, type DownloadRequest } from './downloadFlow';
import { describeBytes } from '../../core/describeQuantity';
import { isScorable } from './modelsTree';

export interface ModelDownloadParams {
  readonly client: SidecarClient;
  readonly secrets: SecretStorage;
  /** Looks at the hub cache again, and gives what is there. */
  readonly listAgain: () => Promise<readonly ListedCheckpoint[]>;
}

/** The key of the token in the editor's secret storage. */
const secretKey = 'alidade.hubToken';

/** `org/name`, `name` or either with `@revision`; the engine checks it in full. */
const referenceForm = /^[\w][\w.-]*(\/[\w][\w.-]*)?(@[\w][\w./-]*)?$/;

/** The commands that download models and forget the token for it. */
export function registerModelDownload({ client, secrets, listAgain }: ModelDownloadParams): Disposable {
  return Disposable.from(
    registerCommand('alidade.downloadModel', async (given) => {
      const reference = given ?? (await askReference());
      if (reference === undefined) return null;
      const done = await runDownload(reference, {
        request: (request) => downloadWithProgress(client, request),
        chooseFile,
        askToken,
        keptToken: async () => secrets.get(secretKey),
        keepToken: async (token) => secrets.store(secretKey, token),
      });
      if (done === null) return null;
      const listed = await listAgain();
      offerUse(done, listed.find(({ path }) => path === done.path) ?? null);
      return done;
    }),
    registerCommand('alidade.forgetHubToken', async () => {
      await secrets.delete(secretKey);
      window.setStatusBarMessage(l10n.t('The hub token is forgotten'), 5000);
    }),
  );
}

async function askReference(): Promise<string | undefined> {
  const typed = await window.showInputBox({
    title: l10n.t('Download Model'),
    prompt: l10n.t('Its name on the hub; the files go into the hub cache of this machine'),
    placeHolder: 'org/name',
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === '' || referenceForm.test(text.trim()) ? null : l10n.t('Give org/name or org/name@revision'),
  });
  return typed?.trim() || undefined;
}

async function downloadWithProgress(client: SidecarClient, request: DownloadRequest): Promise<DownloadModelResult> {
  const options = {
    location: ProgressLocation.Notification,
    title: l10n.t('Downloading {0}', request.reference),
    cancellable: true,
  };
  return window.withProgress(options, (report, cancellation) => {
    let reported = 0;
    return client.downloadModel(request, {
      signal: abortSignalOf(cancellation),
      progress: (progress) => {
        const { done, total } = progress;
        const percent = done === undefined || total === undefined || total === 0 ? reported : (100 * done) / total;
        report.report({ message: describe(progress), increment: Math.max(0, percent - reported) });
        reported = Math.max(reported, percent);
      },
    });
  });
}

function describe({ message, done, total, perSecond, secondsLeft }: Progress): string {
  if (done === undefined || total === undefined) return message;
  const amount = l10n.t('{0} of {1}', describeBytes(done), describeBytes(total));
  if (perSecond === undefined || secondsLeft === undefined) return amount;
  const minutes = Math.ceil(secondsLeft / 60);
  const left = secondsLeft < 90 ? l10n.t('{0} s left', Math.ceil(secondsLeft)) : l10n.t('{0} min left', minutes);
  return [amount, `${describeBytes(Math.round(perSecond))}/s`, left].join(', ');
}

async function chooseFile(
  files: Extract<DownloadModelResult, { readonly kind: 'choice' }>['files'],
): Promise<string | undefined> {
  const picked = await window.showQuickPick(
    files.map(({ path, bytes }) => ({ label: path, description: describeBytes(bytes) })),
    {
      title: l10n.t('Download Model'),
      placeHolder: l10n.t('The repository holds several models'),
      ignoreFocusOut: true,
    },
  );
  return picked?.label;
}

async function askToken({
  message,
  hint,
}: Extract<DownloadModelResult, { readonly kind: 'tokenNeeded' }>): Promise<string | undefined> {
  const typed = await window.showInputBox({
    title: l10n.t('Hub Token'),
    prompt: hint === null ? message : `${message}: ${hint}`,
    placeHolder: 'hf_…',
    password: true,
    ignoreFocusOut: true,
  });
  return typed?.trim() || undefined;
}

/** Returns at once. */
function offerUse({ reference, path }: DownloadDone, listed: ListedCheckpoint | null): void {
  const ready = l10n.t('{0} is ready', reference);
  if (listed === null || !isScorable(listed)) {
    void window.showInformationMessage(ready);
    return;
  }
  const use = l10n.t('Use as Reward Model');
  void window.showInformationMessage(ready, use).then((choice) => {
    if (choice === use) void runCommand('alidade.useAsRewardModel', { checkpoint: { path, place: 'hub' } });
  });
}
