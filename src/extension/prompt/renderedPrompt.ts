import type { TextDocument } from 'vscode';
import { Disposable, EventEmitter, l10n, Uri, ViewColumn, window, workspace } from 'vscode';
import { renderPrompt } from '../../core/prompt/renderPrompt';
import type { PromptTarget } from '../commands';
import { debounce } from '../debounce';
import { registerCommand } from '../registerCommand';
import type { PromptDocuments } from './promptDocuments';
import type { PromptInputs } from './promptInputs';
import { findPrompt, isPromptTarget, promptTargetOf } from './promptTarget';

/** Scheme of the documents that show rendered prompts; nobody edits them. */
const scheme = 'alidade-prompt';

/** Milliseconds after the last edit. */
const settleDelay = 150;

/** The command that shows a prompt with its variables filled, beside its file and in step with it. */
export function registerRenderedPrompt(prompts: PromptDocuments, inputs: PromptInputs): Disposable {
  const changed = new EventEmitter<Uri>();
  const refresh = debounce(() => {
    for (const { uri } of workspace.textDocuments) if (uri.scheme === scheme) changed.fire(uri);
  }, settleDelay);
  return Disposable.from(
    changed,
    refresh,
    prompts.onDidChange(refresh.call),
    inputs.onDidChange(refresh.call),
    workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => renderedText(readTarget(uri), prompts, inputs),
    }),
    registerCommand('alidade.showRenderedPrompt', async (target) => {
      const { document, prompt } = await findPrompt(prompts, isPromptTarget(target) ? target : undefined);
      const shown = await workspace.openTextDocument(uriOf(promptTargetOf(document, prompt)));
      await window.showTextDocument(shown, { viewColumn: ViewColumn.Beside, preserveFocus: true, preview: true });
    }),
  );
}

function uriOf(target: PromptTarget): Uri {
  const { path } = Uri.parse(target.uri, true);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return Uri.from({ scheme, path: `/${l10n.t('{0} (rendered)', name)}`, query: JSON.stringify(target) });
}

function readTarget({ query }: Uri): PromptTarget | null {
  try {
    const target: unknown = JSON.parse(query);
    return isPromptTarget(target) ? target : null;
  } catch {
    return null;
  }
}

async function renderedText(
  target: PromptTarget | null,
  prompts: PromptDocuments,
  inputs: PromptInputs,
): Promise<string> {
  try {
    const { document, file, files, prompt } = await findPrompt(prompts, target ?? undefined);
    const input = inputs.chosenInput(document, file);
    const { messages, problems } = renderPrompt(prompt, { values: input?.values ?? {}, files });
    if (messages.length === 0) {
      const wrong = [...file.problems, ...problems].filter(({ severity }) => severity === 'error');
      const lines = wrong.map(({ message, span }) => l10n.t('line {0}: {1}', lineOf(document, span.start), message));
      return [l10n.t('The prompt cannot be rendered:'), '', ...lines, ''].join('\n');
    }
    return messages.map(({ role, content }) => `── ${role} ──\n\n${content}\n`).join('\n');
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n`;
  }
}

function lineOf(document: TextDocument, offset: number): number {
  return document.positionAt(offset).line + 1;
}
