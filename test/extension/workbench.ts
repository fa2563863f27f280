import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Extension, Hover, TextDocument, TextEditor } from 'vscode';
import { commands, ConfigurationTarget, extensions, MarkdownString, Position, Uri, window, workspace } from 'vscode';
import type { ExtensionApi } from '../../src/extension/extension';
import type { Settings } from '../../src/extension/settings';
import { writeTinyModel } from '../fixtures/tinyModel';

export const extensionId = 'alidade.alidade';

export interface Bench {
  readonly folder: string;
  readonly model: string;
  /** Opens a data file with these rows in an editor. */
  readonly open: (name: string, rows: readonly unknown[]) => Promise<TextEditor>;
}

/** A folder with a tiny reward model, chosen in the user's settings; removed after the suite. */
export function useBench(): Bench {
  const bench = { folder: '', model: '', open: openRows };
  const kept = process.env['ALIDADE_CACHE'];

  before(async () => {
    bench.folder = mkdtempSync(join(tmpdir(), 'alidade-extension-'));
    bench.model = join(bench.folder, 'tiny');
    writeTinyModel({ folder: bench.model });
    process.env['ALIDADE_CACHE'] = join(bench.folder, 'cache');
    await setSetting('rewardModel', bench.model);
    await setSetting('device', 'cpu');
    // Only what a test asks for is scored.
    await setSetting('lens.autoScore', 'never');
  });

  after(async () => {
    await commands.executeCommand('workbench.action.closeAllEditors');
    await setSetting('rewardModel', undefined);
    await setSetting('device', undefined);
    await setSetting('lens.autoScore', undefined);
    if (kept === undefined) delete process.env['ALIDADE_CACHE'];
    else process.env['ALIDADE_CACHE'] = kept;
    rmSync(bench.folder, { recursive: true, force: true });
  });

  async function openRows(name: string, rows: readonly unknown[]): Promise<TextEditor> {
    const path = join(bench.folder, name);
    writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n') + '\n');
    return window.showTextDocument(await workspace.openTextDocument(Uri.file(path)));
  }

  return bench;
}

export async function activated(): Promise<ExtensionApi> {
  return extension().activate();
}

export function extension(): Extension<ExtensionApi> {
  const found = extensions.getExtension<ExtensionApi>(extensionId);
  if (found === undefined) throw new Error(`${extensionId} is not installed`);
  return found;
}

export async function setSetting<Name extends keyof Settings>(
  name: Name,
  value: Settings[Name] | undefined,
): Promise<void> {
  await workspace.getConfiguration('alidade').update(name, value, ConfigurationTarget.Global);
}

/** The text of the extension's hover at the first occurrence of `text` on the line; empty: there was none. */
export async function hoverText(document: TextDocument, line: number, text: string): Promise<string> {
  const character = document.lineAt(line).text.indexOf(text);
  if (character < 0) throw new Error(`line ${line} does not hold ${text}`);
  const position = new Position(line, character + 1);
  const hovers = await commands.executeCommand<Hover[]>('vscode.executeHoverProvider', document.uri, position);
  return hovers
    .flatMap(({ contents }) =>
      contents.map((content) => (content instanceof MarkdownString ? content.value : String(content))),
    )
    .join('\n');
}

export async function until<Value>(
  what: string,
  read: () => Value | undefined | null | false | Promise<Value | undefined | null | false>,
  timeout = 15_000,
): Promise<Value> {
  const end = performance.now() + timeout;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== null && value !== false) return value;
    if (end < performance.now()) throw new Error(`it never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const pairRow = {
  id: 'colours',
  prompt: 'Name a colour.',
  chosen: 'Blue, the colour of the sky.',
  rejected: 'Perhaps.',
};
export const chatRow = {
  messages: [
    { role: 'user', content: 'Who are you?' },
    { role: 'assistant', content: 'A tiny model.' },
  ],
};
