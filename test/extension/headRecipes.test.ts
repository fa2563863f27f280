import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeAction, CodeLens, CompletionList, Diagnostic, TextEditor } from 'vscode';
import {
  commands,
  DiagnosticSeverity,
  languages,
  Position,
  Range,
  Uri,
  window,
  workspace,
  WorkspaceEdit,
} from 'vscode';
import { hoverText, until, useBench } from './workbench';

const recipe = `name: mine
model: starter
data:
  comments: { files: comments.jsonl }
objectives:
  - { name: kind, kind: yes_no, data: comments, label: { field: rude, values: { 0: 1, 1: 0 } } }
  - { name: clear, data: comments, label: scores.clarity }
`;

describe('head recipes in the editor', function () {
  this.timeout(60_000);
  const bench = useBench();

  before(() => {
    const rows = Array.from({ length: 12 }, (_, index) => ({
      prompt: `Question ${index}?`,
      response: `Answer ${index}.`,
      rude: index % 2,
      scores: { clarity: 1 + (index % 5) },
    }));
    writeFileSync(join(bench.folder, 'comments.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  });

  async function open(name: string, text: string): Promise<TextEditor> {
    const path = join(bench.folder, name);
    writeFileSync(path, text);
    return window.showTextDocument(await workspace.openTextDocument(Uri.file(path)));
  }

  function problemsOf({ document }: TextEditor): readonly Diagnostic[] {
    return languages.getDiagnostics(document.uri).filter(({ source }) => source === 'Alidade');
  }

  const codesOf = (editor: TextEditor): readonly string[] =>
    problemsOf(editor).map(({ code, range }) => `${String(code)} ${editor.document.getText(range)}`);

  async function replace({ document }: TextEditor, part: string, by: string): Promise<void> {
    const start = document.getText().indexOf(part);
    assert.ok(0 <= start, part);
    const edit = new WorkspaceEdit();
    edit.replace(document.uri, new Range(document.positionAt(start), document.positionAt(start + part.length)), by);
    await workspace.applyEdit(edit);
  }

  async function fixAt({ document }: TextEditor, part: string): Promise<string | undefined> {
    const at = document.positionAt(document.getText().indexOf(part));
    const actions = await commands.executeCommand<CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      new Range(at, at.translate(0, 1)),
    );
    return actions.find(({ title }) => title.startsWith('Change to'))?.edit?.get(document.uri)[0]?.newText;
  }

  it('show what is wrong with the text and with the data, with what was probably meant, until it is mended', async () => {
    const text = recipe
      .replace('objectives:', 'ratngs: { standardise: true }\nobjectives:')
      .replace('scores.clarity', 'scores.clarty')
      .replace('  comments:', '  others: others.jsonl\n  comments:');
    const editor = await open('wrong.head.yml', text);
    await until('text, files and fields are checked', () => {
      const codes = codesOf(editor);
      return ['unknown_key ratngs', 'missing_file others.jsonl', 'unknown_field scores.clarty'].every((code) =>
        codes.includes(code),
      );
    });
    const severities = problemsOf(editor).map(({ code, severity }) => [code, severity]);
    assert.ok(severities.some(([code, severity]) => code === 'unused_data' && severity === DiagnosticSeverity.Warning));
    assert.equal(await fixAt(editor, 'ratngs'), 'ratings');
    assert.equal(await fixAt(editor, 'scores.clarty'), 'scores.clarity');
    await replace(editor, 'ratngs', 'ratings');
    await replace(editor, 'scores.clarty', 'scores.clarity');
    await replace(editor, '  others: others.jsonl\n', '');
    await until('nothing is wrong any more', () => problemsOf(editor).length === 0);
  });

  it('offer to train where nothing is wrong, else say how much is', async () => {
    const editor = await open('lens.head.yml', recipe);
    const lenses = async (): Promise<readonly string[]> => {
      const found = await commands.executeCommand<CodeLens[]>(
        'vscode.executeCodeLensProvider',
        editor.document.uri,
        10,
      );
      return found.map(({ command }) => command?.title ?? '');
    };
    await until('it can be trained', async () => (await lenses()).join() === 'Train…,Evaluate…');
    await replace(editor, 'label: scores.clarity', 'label: nothing');
    await until('it cannot', async () => (await lenses()).join() === '1 error,Evaluate…');
  });

  it('explain keys, files and fields', async () => {
    const editor = await open('hover.head.yml', recipe);
    const { document } = editor;
    assert.match(await hoverText(document, 4, 'objectives'), /What the head rates/);
    const file = await until('the file is described', async () => {
      const text = await hoverText(document, 3, 'comments.jsonl');
      return text.includes('12 rows') ? text : null;
    });
    assert.match(file, /scores\.clarity/);
    assert.match(await hoverText(document, 5, 'rude'), /12 of the first 12 rows have/);
  });

  it('complete keys, words, data, fields and files', async () => {
    const editor = await open('complete.head.yml', recipe);
    const items = async (line: number, character: number): Promise<readonly string[]> => {
      const list = await commands.executeCommand<CompletionList>(
        'vscode.executeCompletionItemProvider',
        editor.document.uri,
        new Position(line, character),
      );
      return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    const line = '  - { name: clear, data: comments, label: ';
    await until('fields are suggested', async () => (await items(6, line.length)).includes('scores.clarity'));
    assert.ok((await items(6, line.length)).includes('exchanged'));
    assert.ok((await items(6, '  - { name: clear, data: '.length)).includes('comments'));
    assert.ok((await items(5, '  - { name: kind, kind: '.length)).includes('rating'));
    assert.ok((await items(3, '  comments: { files: '.length)).includes('comments.jsonl'));
    assert.ok((await items(1, 'model: '.length)).includes('starter'));
    await replace(editor, 'name: mine\n', 'name: mine\ns\n');
    const keys = await items(1, 1);
    assert.ok(keys.includes('seed') && !keys.includes('model'), keys.join());
  });

  it('are known by what stands in them; other YAML is left alone', async () => {
    const named = await open('any.yaml', `${recipe}colour: red\n`);
    await until('the recipe is checked', () => codesOf(named).includes('unknown_key colour'));
    const other = await open('other.yaml', 'model: x\ncolour: red\n');
    const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', other.document.uri, 10);
    assert.deepEqual([problemsOf(other).length, lenses.length], [0, 0]);
  });
});
