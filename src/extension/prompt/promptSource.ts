import type { TextDocument } from 'vscode';
import { Disposable, EventEmitter, l10n, Range, RelativePattern, Uri, ViewColumn, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { TestInput } from '../../core/prompt/promptFile';
import { renderPrompt } from '../../core/prompt/renderPrompt';
import { checkPromptEnd } from '../../core/promptFile/checkPromptEnd';
import type { Message } from '../../core/promptFile/message';
import { promptOfRow } from '../../core/promptFile/promptOfRow';
import type { RowPrompt } from '../../core/promptFile/promptOfRow';
import { RowProblem } from '../../core/promptFile/rowProblem';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { RowOrigin } from '../reward/breakdownPanel';
import type { FoundRow } from '../reward/rowTarget';
import type { PromptDocuments } from './promptDocuments';
import type { FoundPrompt } from './promptTarget';

/** What is answered, wherever it stands. */
export interface PromptSource {
  /** As the answers are called in lists. */
  readonly name: string;
  readonly document: TextDocument;
  /** Where it begins. */
  readonly range: Range;
  readonly messages: readonly Message[];
  /** The file's own responses: ranked beside the answers. */
  readonly responses: RowPrompt['responses'];
  /** What it says now; null: it is not there any more, or cannot be read. */
  readonly messagesNow: () => readonly Message[] | null;
}

/** @throws AlidadeError `template` when the prompt cannot be rendered, `row` when it cannot be answered. */
export function sourceOfPrompt(
  { document, file, files, prompt }: FoundPrompt,
  input: TestInput,
  documents: PromptDocuments,
): PromptSource {
  const { messages, problems } = renderPrompt(prompt, { values: input.values, files });
  const wrong = [...file.problems, ...problems].find(({ severity }) => severity === 'error');
  if (wrong !== undefined && messages.length === 0) {
    const { line } = document.positionAt(wrong.span.start);
    throw new AlidadeError({
      code: 'template',
      message: l10n.t('the prompt cannot be rendered (line {0}): {1}', line + 1, wrong.message),
      hint: l10n.t('mend the prompt, or choose another input'),
    });
  }
  checkPromptEnd(messages);
  return {
    name: input.name === '' ? prompt.label : `${prompt.label} · ${input.name}`,
    document,
    range: new Range(document.positionAt(prompt.span.start), document.positionAt(prompt.span.start)),
    messages,
    responses: [],
    messagesNow: () => {
      const now = documents.parse(document)?.prompts.find(({ label }) => label === prompt.label);
      return now === undefined ? null : renderPrompt(now, { values: input.values, files }).messages;
    },
  };
}

/** @throws AlidadeError `row` when the row has no one prompt that could be answered. */
export function sourceOfRow({ document, row }: FoundRow, documents: DataDocuments): PromptSource {
  const { data, range } = row;
  const promptNow = (text: string, scorable: typeof data.row): RowPrompt => promptOfRow(scorable, JSON.parse(text));
  try {
    const prompt = promptNow(document.getText(range), data.row);
    return {
      name: l10n.t('row {0}', data.id),
      document,
      range: new Range(range.start, range.start),
      ...prompt,
      messagesNow: () => {
        const now = documents.rowAt(document, range.start);
        try {
          return now === null ? null : promptNow(document.getText(now.range), now.data.row).messages;
        } catch {
          return null;
        }
      },
    };
  } catch (error) {
    if (!(error instanceof RowProblem) && !(error instanceof SyntaxError)) throw error;
    throw new AlidadeError({
      code: 'row',
      message: l10n.t('row {0} cannot be answered: {1}', data.id, error.message),
      hint: l10n.t('choose a row with a prompt, or with a conversation that ends with a user turn'),
    });
  }
}

/** Watches whether what was answered still stands there. To be disposed of. */
export function originOf({ document, range, messages, messagesNow }: PromptSource): RowOrigin & Disposable {
  const asked = JSON.stringify(messages);
  const changed = new EventEmitter<void>();
  let isGone = false;
  const setGone = (gone: boolean): void => {
    isGone = gone;
    changed.fire();
  };
  const { uri } = document;
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1).replace(/[[\]{}*?]/g, '[$&]');
  const watcher = workspace.createFileSystemWatcher(new RelativePattern(Uri.joinPath(uri, '..'), name));
  const registered = Disposable.from(
    changed,
    watcher,
    watcher.onDidDelete(() => setGone(true)),
    watcher.onDidCreate(() => setGone(false)),
    workspace.onDidChangeTextDocument((event) => {
      if (event.document === document) changed.fire();
    }),
  );
  return {
    onDidChange: changed.event,
    beginsAt: (other, start) => other === document && start.isEqual(range.start),
    state: () => {
      if (isGone) return 'gone';
      // A closed document keeps its last text and hears of no edits any more.
      if (document.isClosed) return 'same';
      return JSON.stringify(messagesNow()) === asked ? 'same' : 'edited';
    },
    dispose: () => void registered.dispose(),
  };
}

/** Shows the prompt in its editor. */
export async function revealSource({ document, range }: PromptSource): Promise<void> {
  const current = await workspace.openTextDocument(document.uri);
  const visible = window.visibleTextEditors.find((editor) => editor.document === current);
  await window.showTextDocument(current, { viewColumn: visible?.viewColumn ?? ViewColumn.One, selection: range });
}
