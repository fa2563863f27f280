import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeAction, Diagnostic, TextDocument, TextEditor } from 'vscode';
import {
  commands,
  DiagnosticSeverity,
  EndOfLine,
  languages,
  Position,
  Range,
  Uri,
  window,
  workspace,
  WorkspaceEdit,
} from 'vscode';
import { seededRandom } from '../../src/core/seededRandom';
import { truthPairs, writeTruthModel } from '../fixtures/truthModel';
import { chatRow, setSetting, until, useBench } from './workbench';

const right = { id: 'right', prompt: 'Which?', chosen: 'This one + that.', rejected: 'None.' };
const wrong = { id: 'wrong', prompt: 'Why so?', chosen: 'No idea.', rejected: 'Because + therefore.' };

describe('problems of data files', function () {
  this.timeout(90_000);
  const bench = useBench();

  before(async () => {
    const model = join(bench.folder, 'truth');
    writeTruthModel(model);
    await setSetting('rewardModel', model);
  });

  afterEach(async () => {
    for (const name of ['maxTokens', 'truncate', 'diagnostics.enabled', 'diagnostics.margin'] as const) {
      await setSetting(name, undefined);
    }
    await commands.executeCommand('workbench.action.closeAllEditors');
  });

  function problems({ uri }: TextDocument): readonly Diagnostic[] {
    return languages.getDiagnostics(uri).filter(({ source }) => source === 'Alidade');
  }

  function kinds(document: TextDocument): readonly string[] {
    return problems(document)
      .map(({ code, range }) => `${range.start.line}: ${String(code)}`)
      .sort();
  }

  async function untilKinds(document: TextDocument, expected: readonly string[]): Promise<void> {
    await until(`the problems ${expected.join(', ')}, not ${kinds(document).join(', ')}`, () => {
      return JSON.stringify(kinds(document)) === JSON.stringify(expected);
    }).catch((error: unknown) => {
      assert.deepEqual(kinds(document), expected);
      throw error;
    });
  }

  async function openText(name: string, text: string): Promise<TextEditor> {
    const path = join(bench.folder, name);
    writeFileSync(path, text);
    return window.showTextDocument(await workspace.openTextDocument(Uri.file(path)));
  }

  async function check(document: TextDocument): Promise<void> {
    await commands.executeCommand('alidade.checkLabels', document.uri);
  }

  async function actionsAt({ uri }: TextDocument, line: number): Promise<readonly CodeAction[]> {
    const place = new Range(line, 0, line, 0);
    const actions = await commands.executeCommand<CodeAction[]>('vscode.executeCodeActionProvider', uri, place);
    return actions.filter(({ command }) => command?.command.startsWith('alidade.'));
  }

  async function run(action: CodeAction | undefined): Promise<void> {
    assert.ok(action?.command, 'no such quick fix');
    await commands.executeCommand(action.command.command, ...((action.command.arguments ?? []) as unknown[]));
  }

  async function fix(document: TextDocument, line: number, title: string): Promise<void> {
    const actions = await actionsAt(document, line);
    const action = actions.find((found) => found.title.startsWith(title));
    assert.ok(action, `${title} is none of ${actions.map((found) => found.title).join(', ')}`);
    await run(action);
  }

  /** Runs the work, ticks the file in the preview of its edit, and presses Apply. */
  async function confirmed(document: TextDocument, work: Promise<unknown>): Promise<void> {
    const { version } = document;
    for (let attempt = 0; attempt < 10 && document.version === version; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await commands.executeCommand('refactorPreview.focus');
      await commands.executeCommand('list.focusFirst');
      await commands.executeCommand('refactorPreview.toggleCheckedState');
      await commands.executeCommand('refactorPreview.apply');
    }
    await work;
  }

  describe('that need no model', () => {
    it('are rows that cannot be read, at the place that is wrong', async () => {
      const text = `${JSON.stringify(right)}\n{"prompt": "a", "chosen": }\n{"prompt": "b", "chosen": "c"}\n`;
      const { document } = await openText('unreadable.jsonl', text);
      await untilKinds(document, ['1: unreadable', '2: unreadable']);
      const [json, missing] = problems(document);
      assert.equal(json?.severity, DiagnosticSeverity.Error);
      assert.equal(json.range.start.character, '{"prompt": "a", "chosen": '.length);
      assert.match(missing?.message ?? '', /`rejected` is missing/);
    });

    it('go when the row is mended, and come when one is broken', async () => {
      const { document } = await openText('mended.jsonl', `${JSON.stringify(right)}\n{"prompt"\n`);
      await untilKinds(document, ['1: unreadable']);
      const edit = new WorkspaceEdit();
      edit.replace(document.uri, document.lineAt(1).range, JSON.stringify(chatRow));
      edit.insert(document.uri, new Position(0, 0), '\n{\n');
      await workspace.applyEdit(edit);
      await untilKinds(document, ['1: unreadable']);
    });

    it('are none in a file that holds no rows', async () => {
      const { document } = await openText('log.jsonl', '{"level": "info"}\n{"level":\n');
      await check(document);
      assert.deepEqual(kinds(document), []);
    });

    it('are found where the model is missing too', async () => {
      const { rewardModel } = workspace.getConfiguration('alidade') as unknown as { rewardModel: string };
      await setSetting('rewardModel', join(bench.folder, 'nowhere'));
      const { document } = await bench.open('nomodel.jsonl', [right, right]);
      await check(document);
      await untilKinds(document, ['1: duplicate']);
      await setSetting('rewardModel', rewardModel);
    });
  });

  describe('that a model finds', () => {
    it('are exactly the labels that were flipped', async () => {
      const { rows, flipped } = truthPairs({ count: 200, seed: 4 });
      const { document } = await bench.open('flipped.jsonl', rows);
      await check(document);
      const expected = rows.flatMap(({ id }, line) => (flipped.has(id) ? [`${line}: contradicted`] : []));
      assert.equal(expected.length, 20);
      await untilKinds(document, expected.sort());
    });

    it('say who contradicts, by how much and why, and point at both replies', async () => {
      const { document } = await bench.open('one.jsonl', [right, wrong]);
      await check(document);
      await untilKinds(document, ['1: contradicted']);
      const [problem] = problems(document);
      assert.equal(problem?.severity, DiagnosticSeverity.Warning);
      assert.match(
        problem.message,
        /contradicted by truth: chosen 0, rejected 0\.\d+, margin −0\.\d+.*Decided by truth −/,
      );
      assert.equal(document.getText(problem.range), JSON.stringify(wrong.chosen));
      const related = problem.relatedInformation?.[0];
      assert.equal(document.getText(related?.location.range), JSON.stringify(wrong.rejected));
    });

    it('concern only rows that were scored, until the file is checked', async () => {
      const { document } = await bench.open(
        'asked.jsonl',
        ['Not yet?', 'And now?'].map((prompt) => ({ ...wrong, prompt })),
      );
      await commands.executeCommand('alidade.scoreRow', { uri: document.uri.toString(), line: 1, character: 0 });
      await untilKinds(document, ['1: contradicted']);
      await check(document);
      await untilKinds(document, ['0: contradicted', '1: contradicted']);
    });

    it('leave margins below the setting alone, and go when they are turned off', async () => {
      const { document } = await bench.open('margin.jsonl', [wrong]);
      await check(document);
      await untilKinds(document, ['0: contradicted']);
      await setSetting('diagnostics.margin', 1000);
      await untilKinds(document, []);
      await setSetting('diagnostics.margin', undefined);
      await untilKinds(document, ['0: contradicted']);
      await setSetting('diagnostics.enabled', false);
      await untilKinds(document, []);
      await setSetting('diagnostics.enabled', undefined);
      await untilKinds(document, ['0: contradicted']);
    });

    it('are rows that were cut, and rows that are too long', async () => {
      await setSetting('maxTokens', 25);
      await setSetting('truncate', true);
      const { document } = await bench.open('long.jsonl', [right]);
      await check(document);
      await untilKinds(document, ['0: truncated']);
      await setSetting('truncate', undefined);
      await check(document);
      await untilKinds(document, ['0: unscorable']);
    });

    it('are no more of a row that somebody has reviewed', async () => {
      const reviewed = { ...wrong, reviewed: true };
      const { document } = await bench.open('reviewed.jsonl', [reviewed, { ...reviewed }, wrong]);
      await check(document);
      await untilKinds(document, ['2: contradicted', '2: duplicate']);
    });

    it('tell of duplicates, of those that contradict each other, and of replies that are the same', async () => {
      const opposite = { ...right, chosen: right.rejected, rejected: right.chosen, reviewed: false };
      const same = { prompt: 'Which of these?', chosen: 'Both.', rejected: 'Both. ' };
      const { document } = await bench.open('duplicates.jsonl', [right, { ...right, prompt: 'which' }, opposite, same]);
      await check(document);
      await untilKinds(document, ['1: duplicate', '2: contradicted', '2: opposite', '3: identical']);
      const opposed = problems(document).find(({ code }) => code === 'opposite');
      assert.equal(opposed?.relatedInformation?.[0]?.location.range.start.line, 0);
    });

    it('tell once that length alone explains the labels', async () => {
      const random = seededRandom(2);
      const words = (count: number): string => Array.from({ length: count }, () => random().toString(36)).join(' ');
      const rows = Array.from({ length: 60 }, () => ({
        prompt: words(3),
        chosen: `${words(9)} +`,
        rejected: words(3),
      }));
      const { document } = await bench.open('bias.jsonl', rows);
      await check(document);
      await untilKinds(document, ['0: length-bias']);
      assert.match(
        problems(document)[0]?.message ?? '',
        /longer reply is the chosen one in 100 % of 60 pairs \(95 %: 9\d % to 100 %\)/,
      );
    });
  });

  describe('of a file that is edited while it is checked', () => {
    it('are those of its rows as they are in the end', async () => {
      const { rows, flipped } = truthPairs({ count: 1500, seed: 6 });
      const { document } = await bench.open('edited.jsonl', rows);
      const checked = check(document);
      await until('the first labels are found', () => 0 < kinds(document).length);
      const edit = new WorkspaceEdit();
      edit.insert(document.uri, new Position(0, 0), `${JSON.stringify(wrong)}\n`);
      edit.replace(document.uri, document.lineAt(399).range, JSON.stringify({ ...wrong, prompt: 'How then?' }));
      edit.delete(document.uri, new Range(200, 0, 210, 0));
      await workspace.applyEdit(edit);
      await checked;
      const left = [wrong, ...rows.slice(0, 200), ...rows.slice(210, 399), wrong, ...rows.slice(400)];
      const isWrong = (row: { readonly id: string }): boolean => row === wrong || flipped.has(row.id);
      const expected = left.flatMap((row, line) => (isWrong(row) ? [`${line}: contradicted`] : []));
      await untilKinds(document, expected.sort());
    });

    it('are kept when the check is stopped, and completed when it is begun again', async () => {
      const { rows, flipped } = truthPairs({ count: 1500, seed: 8 });
      const { document } = await bench.open('stopped.jsonl', rows);
      const checked = check(document);
      await until('the first labels are found', () => 0 < kinds(document).length);
      await commands.executeCommand('alidade.stopCheckingLabels');
      await checked;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const found = kinds(document);
      assert.ok(0 < found.length && found.length < flipped.size, `${found.length} of ${flipped.size}`);
      await check(document);
      await until('all are found', () => kinds(document).length === flipped.size);
    });
  });

  describe('quick fixes', () => {
    const spellings: readonly (readonly [name: string, text: string, swapped: string])[] = [
      [
        'swap.jsonl',
        '{"prompt": "Why?", "chosen":"No \\u00e9.",  "x": 1, "rejected": "So + so.", "chosen_model": "a", "rejected_model": "b"}\n',
        '{"prompt": "Why?", "chosen":"So + so.",  "x": 1, "rejected": "No \\u00e9.", "chosen_model": "b", "rejected_model": "a"}\n',
      ],
      [
        'swap.json',
        '[\n  {\n    "input": {"messages": [{"role": "user", "content": "Why?"}]},\n    "preferred_output": [{"role": "assistant", "content": "No."}],\n    "non_preferred_output": [\n      {"role": "assistant", "content": "So + so."}\n    ]\n  }\n]\n',
        '[\n  {\n    "input": {"messages": [{"role": "user", "content": "Why?"}]},\n    "preferred_output": [\n      {"role": "assistant", "content": "So + so."}\n    ],\n    "non_preferred_output": [{"role": "assistant", "content": "No."}]\n  }\n]\n',
      ],
    ];
    for (const [name, text, swapped] of spellings) {
      it(`swap the labels and nothing else, and undo takes it back: ${name}`, async () => {
        const { document } = await openText(name, text);
        await check(document);
        await until('the label is contradicted', () => 0 < problems(document).length);
        const line = problems(document)[0]?.range.start.line ?? 0;
        const action = (await actionsAt(document, line)).find(({ isPreferred }) => isPreferred);
        assert.equal(action?.title, 'Swap chosen and rejected');
        await run(action);
        assert.equal(document.getText(), swapped);
        await check(document);
        await untilKinds(document, []);
        await commands.executeCommand('undo');
        assert.equal(document.getText(), text);
        await untilKinds(document, [`${line}: contradicted`]);
      });
    }

    it('mark a row as reviewed, which is quiet from then on', async () => {
      const { document } = await bench.open('review.jsonl', [right, wrong]);
      await check(document);
      await untilKinds(document, ['1: contradicted']);
      await fix(document, 1, 'Mark this row as reviewed');
      const lines = [JSON.stringify(right), `${JSON.stringify(wrong).slice(0, -1)},"reviewed":true}`, ''];
      assert.equal(document.getText(), lines.join('\n'));
      await untilKinds(document, []);
      await commands.executeCommand('undo');
      assert.equal(document.getText(), `${JSON.stringify(right)}\n${JSON.stringify(wrong)}\n`);
    });

    it('drop a line with its break, wherever it stands', async () => {
      const [first, last] = [JSON.stringify(right), JSON.stringify(wrong)];
      for (const [text, line, expected] of [
        [`${last}\n${first}\n`, 0, `${first}\n`],
        [`${first}\r\n${last}`, 1, first],
        [last, 0, ''],
      ] as const) {
        const { document } = await openText(`drop-${line}-${text.length}.jsonl`, text);
        assert.equal(document.eol, text.includes('\r') ? EndOfLine.CRLF : EndOfLine.LF);
        await check(document);
        await untilKinds(document, [`${line}: contradicted`]);
        await fix(document, line, 'Drop this row');
        assert.equal(document.getText(), expected);
        await commands.executeCommand('undo');
        assert.equal(document.getText(), text);
      }
    });

    it('drop a row of a JSON list with the right comma, and offer none for a row that is the file', async () => {
      const list = [right, wrong, chatRow];
      const { document } = await openText('drop.json', JSON.stringify(list, null, 2));
      await check(document);
      await until('the label is contradicted', () => problems(document).length === 1);
      await fix(document, problems(document)[0]?.range.start.line ?? 0, 'Drop this row');
      assert.equal(document.getText(), JSON.stringify([right, chatRow], null, 2));
      const alone = await openText('alone.json', JSON.stringify(wrong));
      await check(alone.document);
      await until('its label is contradicted', () => problems(alone.document).length === 1);
      const titles = (await actionsAt(alone.document, 0)).map(({ title }) => title);
      assert.deepEqual(titles, ['Swap chosen and rejected', 'Mark this row as reviewed']);
    });

    it('leave a row alone that has changed since they were offered', async () => {
      const { document } = await bench.open('since.jsonl', [wrong]);
      await check(document);
      await untilKinds(document, ['0: contradicted']);
      const offered = await actionsAt(document, 0);
      const edit = new WorkspaceEdit();
      edit.insert(document.uri, new Position(0, 1), '"new": 1, ');
      await workspace.applyEdit(edit);
      const text = document.getText();
      assert.ok(0 < offered.length);
      for (const action of offered) await run(action);
      assert.equal(document.getText(), text);
    });

    it('swap all contradicted pairs as one edit with a preview', async () => {
      const other = { ...wrong, prompt: 'And why else?' };
      const { document } = await bench.open('swap-all.jsonl', [wrong, right, other]);
      const text = document.getText();
      await check(document);
      await untilKinds(document, ['0: contradicted', '2: contradicted']);
      await confirmed(document, fix(document, 0, 'Swap all 2 contradicted pairs…'));
      const swapped = [wrong, other].map((row) => ({ ...row, chosen: row.rejected, rejected: row.chosen }));
      const expected = [swapped[0], right, swapped[1]].map((row) => `${JSON.stringify(row)}\n`).join('');
      await until('the file is changed', () => document.getText() === expected);
      await window.showTextDocument(document);
      await commands.executeCommand('undo');
      assert.equal(document.getText(), text);
    });

    it('drop all duplicates as one edit with a preview', async () => {
      const { document } = await bench.open('drop-all.jsonl', [right, right, wrong, right, right]);
      await check(document);
      await untilKinds(document, ['1: duplicate', '2: contradicted', '3: duplicate', '4: duplicate']);
      await confirmed(document, fix(document, 1, 'Drop all 3 duplicates…'));
      const expected = `${JSON.stringify(right)}\n${JSON.stringify(wrong)}\n`;
      await until('the file is changed', () => document.getText() === expected);
      await untilKinds(document, ['1: contradicted']);
    });
  });
});
