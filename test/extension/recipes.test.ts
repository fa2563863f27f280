import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
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
import { writeMergePair } from '../fixtures/mergePair';
import { hoverText, until, useBench } from './workbench';

const recipe = `models:
  - model: sft
    parameters:
      weight: [0.75, 0.25]
  - model: rlhf
    parameters:
      weight: [0.25, 0.75]
merge_method: linear
dtype: bfloat16
`;

describe('merge recipes in the editor', function () {
  this.timeout(60_000);
  const bench = useBench();

  before(() => {
    writeMergePair({ folder: bench.folder, layers: 3 });
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

  it('show all that is wrong with the text and with the models, each at its place, and drop it when it is mended', async () => {
    const text = `slices:
  - sources:
      - {model: sft, layer_range: [0, 9], parameters: {weigth: 1, weight: 0.5}}
      - {model: nowhere, layer_range: [0, 9], parameters: {weight: 0.5}}
merge_method: linear
dtype: bf16
`;
    const editor = await open('wrong.merge.yml', text);
    await until('the problems of text and models are shown', () => {
      const codes = codesOf(editor);
      return ['unknown_parameter weigth', 'unknown_dtype bf16', 'model nowhere'].every((code) => codes.includes(code));
    });
    assert.ok(problemsOf(editor).every(({ severity }) => severity === DiagnosticSeverity.Error));
    const at = editor.document.positionAt(text.indexOf('weigth'));
    const actions = await commands.executeCommand<CodeAction[]>(
      'vscode.executeCodeActionProvider',
      editor.document.uri,
      new Range(at, at.translate(0, 3)),
    );
    const fix = actions.find(({ title }) => title === 'Change to weight');
    const [edit] = fix?.edit?.get(editor.document.uri) ?? [];
    assert.deepEqual([fix?.isPreferred, edit?.newText], [true, 'weight'], actions.map(({ title }) => title).join());
    await replace(editor, 'weigth: 1, ', '');
    await replace(editor, 'bf16', 'bfloat16');
    await replace(editor, 'nowhere', 'rlhf');
    await until('only the layers are wrong', () => {
      const codes = codesOf(editor);
      return 0 < codes.length && codes.every((code) => code === 'layer_range [0, 9]');
    });
    await replace(editor, '[0, 9]', '[0, 3]');
    await replace(editor, '[0, 9]', '[0, 3]');
    await until('nothing is wrong any more', () => problemsOf(editor).length === 0);
  });

  it('notice that a model has gone, and that it is back', async () => {
    const editor = await open('gone.merge.yml', recipe.replaceAll(/\[0\.(\d+), [^\]]+\]/g, '0.$1'));
    const lenses = async (): Promise<readonly string[]> => {
      const found = await commands.executeCommand<CodeLens[]>(
        'vscode.executeCodeLensProvider',
        editor.document.uri,
        10,
      );
      return found.map(({ command }) => command?.title ?? '');
    };
    const merge = await until('the lens offers to merge', async () =>
      (await lenses()).find((title) => title.startsWith('Merge (')),
    );
    assert.match(merge, /^Merge \([\d.]+ [kM]?B\)$/);
    assert.deepEqual((await lenses())[0], 'Preview');
    renameSync(join(bench.folder, 'rlhf'), join(bench.folder, 'moved'));
    try {
      await until('the model is missed', () => codesOf(editor).includes('model rlhf'), 30_000);
      assert.ok((await lenses()).includes('1 error'));
    } finally {
      renameSync(join(bench.folder, 'moved'), join(bench.folder, 'rlhf'));
    }
    // Whoever mends it elsewhere touches the recipe next.
    await replace(editor, 'dtype: bfloat16', 'dtype: float16');
    await until('it is found again', () => problemsOf(editor).length === 0);
  });

  it('explain keys, models, and what a weight means for the result', async () => {
    const { document } = await open('hover.merge.yaml', recipe);
    assert.match(await hoverText(document, 7, 'merge_method'), /The weighted average of the models/);
    assert.match(await hoverText(document, 3, 'weight'), /How much the model counts/);
    const model = await until('the model is described', async () => {
      const text = await hoverText(document, 1, 'sft');
      return text.includes('3 layers') ? text : null;
    });
    assert.match(model, /BF16/);
    assert.match(model, /\d+ parameters|[\d.]+ k parameters/);
    const weight = await hoverText(document, 3, '0.75');
    assert.match(weight, /layer 0: 75 %/);
    assert.match(weight, /layer 1: 50 %/);
    assert.match(weight, /layer 2: 25 %/);
    assert.match(weight, /head: 75 %/, 'evaluated as the first layer');
  });

  it('complete keys, methods, and models that are known', async () => {
    const editor = await open('complete.merge.yml', recipe);
    const items = async (line: number, character: number): Promise<readonly string[]> => {
      const list = await commands.executeCommand<CompletionList>(
        'vscode.executeCompletionItemProvider',
        editor.document.uri,
        new Position(line, character),
      );
      return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    // The editor itself suggests words of the file, but not the one at the cursor.
    const hasModels = async (): Promise<boolean> => {
      const found = await items(1, '  - model: '.length);
      return found.includes('sft') && found.includes('rlhf');
    };
    await until('the models are suggested', hasModels);
    const methods = await items(7, 'merge_method: '.length);
    assert.ok(methods.includes('slerp') && methods.includes('della_linear'), methods.join());
    await replace(editor, 'dtype: bfloat16\n', 'dtype: bfloat16\np\n');
    const keys = await items(9, 1);
    assert.ok(keys.includes('out_dtype') && !keys.includes('slices'), keys.join());
    await until('the text is no YAML for now', () => problemsOf(editor).length > 0);
    assert.ok(await hasModels(), 'those of the last version that could be read');
  });

  it('are known by what stands in them; other YAML is left alone', async () => {
    const named = await open('any.yaml', recipe.replace('bfloat16', 'half'));
    await until('the recipe is checked', () => codesOf(named).includes('unknown_dtype half'));
    const other = await open('other.yaml', 'models: [{model: a}]\ndtype: half\n');
    const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', other.document.uri, 10);
    assert.deepEqual([problemsOf(other).length, lenses.length], [0, 0]);
    // As soon as it says that it is one, it is one.
    await replace(other, 'dtype', 'merge_method: passthrough\ndtype');
    await until('it is a recipe now', () => codesOf(other).includes('unknown_dtype half'));
    await replace(other, 'merge_method: passthrough\n', '');
    await until('it is none any more', () => problemsOf(other).length === 0);
  });
});
