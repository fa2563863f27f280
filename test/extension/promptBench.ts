import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TextEditor } from 'vscode';
import { Range, Uri, window, workspace, WorkspaceEdit } from 'vscode';
import { livelyTensors } from '../fixtures/openTinySession';
import { tinyCausal, tinyChatTemplate, writeTinyModel } from '../fixtures/tinyModel';

/** Writes a file and opens it in an editor. */
export async function openText(folder: string, name: string, text: string): Promise<TextEditor> {
  const path = join(folder, name);
  writeFileSync(path, text);
  return window.showTextDocument(await workspace.openTextDocument(Uri.file(path)));
}

/** Replaces the first occurrence of a text in the editor's document. */
export async function replaceText({ document }: TextEditor, before: string, after: string): Promise<void> {
  const at = document.getText().indexOf(before);
  if (at < 0) throw new Error(`there is no ${before}`);
  const edit = new WorkspaceEdit();
  edit.replace(document.uri, new Range(document.positionAt(at), document.positionAt(at + before.length)), after);
  await workspace.applyEdit(edit);
}

/** A causal model with a chat template whose answers are bytes at random. */
export function writeTinySpeaker(folder: string): void {
  const config = {
    ...tinyCausal('llama'),
    hidden_size: 64,
    intermediate_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: 261,
    rms_norm_eps: 1e-5,
    // Never said: every answer has its full length.
    eos_token_id: 300,
  };
  writeTinyModel({ folder, config, chatTemplate: tinyChatTemplate, mapTensors: () => livelyTensors(config) });
}

/** A `.prompty` file of one user's turn. */
export function promptyText(body: string, header = ''): string {
  return `---\nname: Colours\n${header}---\nuser:\n${body}\n`;
}
