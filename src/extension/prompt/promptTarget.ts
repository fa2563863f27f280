import type { TextDocument } from 'vscode';
import { l10n, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { Prompt } from '../../core/prompt/promptFile';
import type { PromptTarget } from '../commands';
import type { LoadedPromptFile, PromptDocuments } from './promptDocuments';

export interface FoundPrompt extends LoadedPromptFile {
  readonly document: TextDocument;
  readonly prompt: Prompt;
}

/**
 * The prompt that a command means: the one named, else the one at the cursor, else the first of the file.
 * @throws AlidadeError `row` when there is none, `not_found` when its file is gone.
 */
export async function findPrompt(documents: PromptDocuments, target: PromptTarget | undefined): Promise<FoundPrompt> {
  const editor = window.activeTextEditor;
  const document = target === undefined ? editor?.document : await openTarget(target);
  const loaded = document === undefined ? null : await documents.load(document);
  if (document === undefined || loaded === null) throw noPrompt();
  const { prompts, problems } = loaded.file;
  const offset = editor?.document === document ? document.offsetAt(editor.selection.active) : 0;
  const prompt =
    target === undefined
      ? (prompts.find(({ span }) => span.start <= offset && offset <= span.end) ?? prompts[0])
      : (prompts.find(({ label }) => label === target.prompt) ?? prompts[0]);
  if (prompt === undefined) {
    const broken = problems.find(({ severity }) => severity === 'error');
    throw broken === undefined ? noPrompt() : new AlidadeError({ code: 'row', message: broken.message });
  }
  return { ...loaded, document, prompt };
}

export function isPromptTarget(value: unknown): value is PromptTarget {
  if (typeof value !== 'object' || value === null) return false;
  return 'uri' in value && typeof value.uri === 'string' && 'prompt' in value && typeof value.prompt === 'string';
}

export function promptTargetOf(document: TextDocument, { label }: Prompt): PromptTarget {
  return { uri: document.uri.toString(), prompt: label };
}

async function openTarget({ uri }: PromptTarget): Promise<TextDocument> {
  try {
    return await workspace.openTextDocument(Uri.parse(uri, true));
  } catch (cause) {
    throw new AlidadeError({
      code: 'not_found',
      message: l10n.t('{0} cannot be opened', workspace.asRelativePath(Uri.parse(uri, true))),
      hint: l10n.t('it may have been deleted or renamed'),
      cause,
    });
  }
}

function noPrompt(): AlidadeError {
  return new AlidadeError({
    code: 'row',
    message: l10n.t('there is no prompt here'),
    hint: l10n.t('open a prompt file, or name more of them in the setting {0}', 'alidade.promptFiles'),
  });
}
