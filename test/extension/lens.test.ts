import assert from 'node:assert/strict';
import type { CodeLens, TextDocument } from 'vscode';
import { commands } from 'vscode';
import { chatRow, pairRow, setSetting, until, useBench } from './workbench';

describe('code lens', function () {
  this.timeout(60_000);
  const bench = useBench();

  async function titles(document: TextDocument): Promise<string[]> {
    const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 100);
    return lenses.map(({ range, command }) => `${range.start.line}: ${command?.title ?? ''}`);
  }

  it('offers Score and Why? above each row', async () => {
    const { document } = await bench.open('lens.jsonl', [pairRow, chatRow]);
    assert.deepEqual(await titles(document), ['0: Score', '0: Why?', '1: Score', '1: Why?']);
  });

  it('shows margin and score once they are known', async () => {
    const { document } = await bench.open('known.jsonl', [pairRow, chatRow]);
    for (const line of [0, 1]) {
      await commands.executeCommand('alidade.scoreRow', { uri: document.uri.toString(), line, character: 0 });
    }
    const [margin, , score] = await titles(document);
    assert.match(margin ?? '', /^0: Margin [+−]?\d/);
    assert.match(score ?? '', /^1: Score [+−]?\d/);
  });

  it('scores the rows in view by itself when told to', async () => {
    await setSetting('lens.autoScore', 'always');
    const row = { ...pairRow, chosen: 'Nobody asked about this row.' };
    const { document } = await bench.open('auto.jsonl', [row]);
    await until('the margin appears', async () => /^0: Margin/.test((await titles(document))[0] ?? ''));
    await setSetting('lens.autoScore', 'never');
  });

  it('scores the rows in view by itself once the model has shown that it is fast', async () => {
    await setSetting('lens.autoScore', 'whenFast');
    const rows = ['First of two.', 'Second of two.'].map((chosen) => ({ ...pairRow, chosen }));
    const { document } = await bench.open('fast.jsonl', rows);
    await commands.executeCommand('alidade.scoreRow', { uri: document.uri.toString(), line: 0, character: 0 });
    await until('the other margin appears', async () => /^1: Margin/.test((await titles(document))[2] ?? ''));
    await setSetting('lens.autoScore', 'never');
  });

  it('knows the score of a row that was explained', async () => {
    const { document } = await bench.open('explained.jsonl', [{ ...pairRow, chosen: 'Asked why first.' }]);
    await commands.executeCommand('alidade.showBreakdown', { uri: document.uri.toString(), line: 0, character: 0 });
    await until('the margin appears', async () => /^0: Margin/.test((await titles(document))[0] ?? ''));
  });

  it('marks rows that cannot be read and leaves other JSON alone', async () => {
    const { document } = await bench.open('mixed.jsonl', [chatRow, { prompt: 'Hello', chosen: 'Hi' }]);
    assert.equal((await titles(document))[2], '1: Row cannot be read');
    const other = await bench.open('log.jsonl', [{ level: 'info' }, { level: 'warn' }]);
    assert.deepEqual(await titles(other.document), []);
  });

  it('is gone when it is turned off', async () => {
    const { document } = await bench.open('off.jsonl', [chatRow]);
    await setSetting('lens.enabled', false);
    assert.deepEqual(await titles(document), []);
    await setSetting('lens.enabled', undefined);
  });
});
