import { commands, Disposable, EventEmitter, l10n, ProgressLocation, Uri, window, workspace } from 'vscode';
import { abortSignalOf } from '../abortSignalOf';
import { registerCommand } from '../registerCommand';
import { escapeMarkdown } from '../reward/scoreMarkdown';
import type { DoctorResult } from '../../protocol/sidecar';
import type { SidecarClient } from './sidecarClient';

const scheme = 'alidade-doctor';

/** What works here, as a read-only Markdown document. */
export function registerDoctor(client: SidecarClient): Disposable {
  const changed = new EventEmitter<Uri>();
  const uri = Uri.from({ scheme, path: `/${l10n.t('Doctor')}.md` });
  let text = '';
  return Disposable.from(
    changed,
    workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: () => text,
    }),
    registerCommand('alidade.runDoctor', async () => {
      const options = { location: ProgressLocation.Window, title: l10n.t('Looking at what works here') };
      const result = await window.withProgress(options, (_progress, token) =>
        client.doctor({ signal: abortSignalOf(token) }),
      );
      text = doctorMarkdown(result);
      changed.fire(uri);
      await commands.executeCommand('markdown.showPreview', uri);
    }),
  );
}

function doctorMarkdown({ ok, checks }: DoctorResult): string {
  const verdict = ok ? l10n.t('The main job can run here.') : l10n.t('The main job cannot run here.');
  const rows = checks.map(({ name, ok: works, detail }) => {
    return `| ${escapeMarkdown(name)} | ${works ? l10n.t('works') : l10n.t('does not work')} | ${escapeMarkdown(detail)} |`;
  });
  const head = `| ${l10n.t('What')} | ${l10n.t('State')} | ${l10n.t('Detail')} |\n| :-- | :-- | :-- |`;
  return `# ${l10n.t('Doctor')}\n\n${verdict}\n\n${head}\n${rows.join('\n')}\n`;
}
