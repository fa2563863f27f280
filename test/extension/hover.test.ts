import assert from 'node:assert/strict';
import { CancellationTokenSource, commands, Position, Range, WorkspaceEdit, workspace } from 'vscode';
import { AlidadeError } from '../../src/core/alidadeError';
import { DataDocuments } from '../../src/extension/promptFile/dataDocuments';
import { provideHover } from '../../src/extension/reward/rewardHover';
import type { ScoringClient } from '../../src/extension/reward/rowScores';
import { RowScores } from '../../src/extension/reward/rowScores';
import { activated, chatRow, hoverText, pairRow, setSetting, until, useBench } from './workbench';

/** Milliseconds: the bars of the issue, with room for a busy machine. */
const cachedBar = 20;
const slack = 5;

describe('hover', function () {
  this.timeout(60_000);
  const bench = useBench();

  it('shows the score of a response, its contributions, and what computed it', async () => {
    const { document } = await bench.open('hover.jsonl', [chatRow]);
    const text = await hoverText(document, 0, 'A tiny model.');
    assert.match(text, /^Score \*\*[+−]?\d/);
    assert.match(text, /\| helpful \| `[+−]\d/);
    assert.match(text, /\d+ tokens · tiny · f32 · cpu/);
    assert.match(text, /\(command:alidade\.showBreakdown\?.+\) · \[Copy JSON\]\(command:alidade\.copyRowJson\?/);
  });

  it('shows chosen, rejected and margin of a pair, depending on the pointer', async () => {
    const { document } = await bench.open('pair.jsonl', [pairRow]);
    assert.match(await hoverText(document, 0, 'Blue, the'), /^Chosen \*\*.+\*\* · margin \*\*[+−]\d/);
    assert.match(await hoverText(document, 0, 'Perhaps.'), /^Rejected \*\*.+\*\* · margin/);
    assert.match(await hoverText(document, 0, 'Name a'), /^Margin \*\*.+\*\* · chosen .+, rejected /);
  });

  it('says in words what is wrong with a row', async () => {
    const { document } = await bench.open('bad.jsonl', [chatRow, { prompt: 'Hello', chosen: 'Hi' }]);
    assert.match(await hoverText(document, 1, 'Hello'), /rejected.+missing/);
  });

  it('says nothing on other JSON, nor when it is turned off', async () => {
    const { document } = await bench.open('other.jsonl', [{ name: 'not a row' }, chatRow]);
    assert.equal(await hoverText(document, 0, 'not a row'), '');
    await setSetting('hover.enabled', false);
    assert.equal(await hoverText(document, 1, 'A tiny'), '');
    await setSetting('hover.enabled', undefined);
  });

  it('reads the rows of a JSON list', async () => {
    const { document } = await bench.open('list.json', [[chatRow, pairRow]]);
    assert.match(await hoverText(document, 0, 'A tiny model.'), /^Score/);
    assert.match(await hoverText(document, 0, 'Perhaps.'), /^Rejected/);
  });

  it('answers a known score within the bar', async () => {
    const { document } = await bench.open('latency.jsonl', [pairRow, { ...pairRow, chosen: 'x '.repeat(100) }]);
    await hoverText(document, 0, 'Blue, the');
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const begin = performance.now();
      await hoverText(document, 0, 'Blue, the');
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    const median = times[10] ?? Infinity;
    const begin = performance.now();
    await hoverText(document, 1, 'x x');
    const uncached = performance.now() - begin;
    console.log(`hover: cached median ${median.toFixed(1)} ms, uncached ${uncached.toFixed(1)} ms`);
    assert.ok(median < cachedBar * slack, `${median} ms`);
  });

  it('computes an edited row anew', async () => {
    const { document } = await bench.open('edit.jsonl', [chatRow]);
    const before = await hoverText(document, 0, 'A tiny');
    const at = document.lineAt(0).text.indexOf('A tiny');
    const edit = new WorkspaceEdit();
    edit.replace(document.uri, new Range(new Position(0, at), new Position(0, at + 1)), 'No');
    await workspace.applyEdit(edit);
    assert.notEqual(await hoverText(document, 0, 'No tiny'), before);
  });

  it('works again after the sidecar was killed', async () => {
    const api = await activated();
    const { document } = await bench.open('kill.jsonl', [
      chatRow,
      {
        ...chatRow,
        id: 'other',
        messages: [
          { role: 'user', content: 'Hm?' },
          { role: 'assistant', content: 'Something else.' },
        ],
      },
    ]);
    await hoverText(document, 0, 'A tiny');
    const state = api.sidecarState();
    assert.equal(state.kind, 'running');
    process.kill(state.pid, 'SIGKILL');
    await until('the exit is seen', () => api.sidecarState().kind === 'stopped');
    assert.match(await hoverText(document, 1, 'Something'), /^Score/);
  });

  it('names a model that is not there and offers a way out', async () => {
    const { document } = await bench.open('missing.jsonl', [{ ...chatRow, id: 'missing' }]);
    await setSetting('rewardModel', `${bench.folder}/none`);
    const text = await hoverText(document, 0, 'A tiny');
    assert.match(text, /^Not scored:/);
    assert.doesNotMatch(text, /\bat \S+:\d+|Error:/, 'no stack');
    assert.match(text, /command:alidade\.chooseRewardModel/);
    await setSetting('rewardModel', bench.model);
    assert.match(await hoverText(document, 0, 'A tiny'), /^Score/);
  });

  it('is silent and prompt when it is cancelled', async () => {
    const { document } = await bench.open('cancel.jsonl', [{ ...chatRow, id: 'cancel' }]);
    const signals: AbortSignal[] = [];
    // Answers only when it is told to stop, as a model in the middle of a long text does.
    const scoreRow: ScoringClient['scoreRow'] = (_row, { signal }) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' })));
      });
    };
    const scores = new RowScores({
      scoreRow,
      scoreRows: () => assert.fail('nobody asked for a batch'),
      explainRow: () => assert.fail('nobody asked'),
      growRow: () => assert.fail('nobody asked'),
    });
    const documents = new DataDocuments();
    const source = new CancellationTokenSource();
    const position = new Position(0, document.lineAt(0).text.indexOf('A tiny') + 1);
    const answer = provideHover({ documents, scores, document, position, token: source.token });
    await until('the request is made', () => signals.length === 1);
    const begin = performance.now();
    source.cancel();
    assert.equal(await answer, null);
    assert.ok(performance.now() - begin < cachedBar * slack);
    assert.equal(signals[0]?.aborted, true);
    const parsed = documents.rowAt(document, position)?.data.row;
    assert.ok(parsed);
    assert.equal(scores.known(parsed), null, 'it may be asked for again');
    scores.dispose();
    documents.dispose();
    source.dispose();
  });

  it('restarts on command', async () => {
    const api = await activated();
    await commands.executeCommand('alidade.restartSidecar');
    assert.equal(api.sidecarState().kind, 'running');
  });
});
