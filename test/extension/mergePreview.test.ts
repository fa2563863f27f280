import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tab, TextEditor } from 'vscode';
import { commands, TabInputWebview, Uri, window, workspace } from 'vscode';
import { hmaRecipe } from '../../src/core/merging/hma/hmaRecipe';
import { evenBlocks } from '../../src/core/merging/hma/layerBlocks';
import type { MergePreviewState } from '../../src/protocol/mergePreviewView';
import { writeMergePair } from '../fixtures/mergePair';
import { activated, until, useBench } from './workbench';

type RecipeState = Extract<MergePreviewState, { kind: 'recipe' }>;

describe('merge preview', function () {
  this.timeout(60_000);
  const bench = useBench();
  const blocks = evenBlocks(6, 3);

  before(() => void writeMergePair({ folder: bench.folder }));

  async function openRecipe(name: string, ratios: readonly number[]): Promise<TextEditor> {
    const path = join(bench.folder, name);
    writeFileSync(path, hmaRecipe({ before: 'sft', after: 'rlhf', blocks, ratios, alpha: 0.3, dtype: 'bfloat16' }));
    return window.showTextDocument(await workspace.openTextDocument(Uri.file(path)));
  }

  async function state(): Promise<RecipeState | null> {
    const found = (await activated()).mergePreview()?.state;
    return found?.kind === 'recipe' ? found : null;
  }

  async function ratios(): Promise<readonly number[] | undefined> {
    return (await state())?.plan?.sliders?.blocks.map(({ ratio }) => ratio);
  }

  function tabs(): Tab[] {
    const all = window.tabGroups.all.flatMap((group) => group.tabs);
    return all.filter(
      ({ input }) => input instanceof TabInputWebview && input.viewType.endsWith('alidade.mergePreview'),
    );
  }

  it('opens beside the recipe and shows its plan', async () => {
    const { document, viewColumn } = await openRecipe('first.merge.yml', [0.4, 0.3, 0.2]);
    await commands.executeCommand('alidade.openMergePreview');
    const [tab] = await until('the page is there', () => (tabs().length === 1 ? tabs() : null));
    assert.notEqual(tab?.group.viewColumn, viewColumn);
    assert.equal(window.activeTextEditor?.document, document);
    const shown = await until('the plan is there', async () => ((await state())?.plan === null ? null : state()));
    assert.deepEqual(await ratios(), [0.4, 0.3, 0.2]);
    const [stage] = shown?.plan?.stages ?? [];
    assert.equal(stage?.map.layerCount, 6);
    assert.deepEqual(
      stage?.models.map(({ name }) => name),
      ['sft', 'rlhf'],
    );
    assert.ok(0 < (stage?.bytes ?? 0) && 0 < (shown?.freeBytes ?? 0));
    assert.ok(shown?.actions.includes('merge') && shown.actions.includes('compare'));
  });

  it('moves the sliders when the recipe is edited, and says where it is wrong', async () => {
    const editor = await openRecipe('edited.merge.yml', [0.4, 0.3, 0.2]);
    await commands.executeCommand('alidade.openMergePreview');
    await until('the ratios are there', async () => (await ratios())?.join() === '0.4,0.3,0.2');
    const text = editor.document.getText();
    const replaceAll = (value: string): Thenable<boolean> =>
      editor.edit((edit) => {
        edit.replace(editor.document.validateRange(fullRange(editor)), value);
      });
    await replaceAll(
      text.replace('weight: 0.4', 'weight: 0.6').replace('weight: 0.6', 'weight: 0.5').replace('0.6', '0.5'),
    );
    await until('the sliders follow', async () => (await ratios())?.[0] === 0.5);
    await replaceAll(text.replace('linear', 'lineal'));
    const faulty = await until('the error is there', async () => {
      const found = await state();
      return found?.problems.some(({ severity }) => severity === 'error') === true ? found : null;
    });
    assert.equal(faulty?.stale, true);
    assert.equal(faulty?.actions.includes('merge'), false);
    assert.equal((await ratios())?.length, 3);
    await commands.executeCommand('workbench.action.files.revert');
  });

  it('follows the recipe in front, and stays with its own when locked', async () => {
    await openRecipe('one.merge.yml', [0.4, 0.3, 0.2]);
    await commands.executeCommand('alidade.openMergePreview');
    await until('it shows the first', async () => (await state())?.file.endsWith('one.merge.yml') === true);
    await commands.executeCommand('alidade.toggleMergePreviewLock');
    await until('the title says so', () => tabs()[0]?.label === 'Merge Preview (locked)');
    await openRecipe('two.merge.yml', [0.1, 0.2, 0.3]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.match((await state())?.file ?? '', /one\.merge\.yml$/);
    await commands.executeCommand('alidade.toggleMergePreviewLock');
    await openRecipe('three.merge.yml', [0.1, 0.2, 0.3]);
    await until('it shows the other', async () => (await ratios())?.join() === '0.1,0.2,0.3');
  });
});

function fullRange({ document }: TextEditor): import('vscode').Range {
  const last = document.lineAt(document.lineCount - 1).range.end;
  return document.lineAt(0).range.with({ end: last });
}
