import assert from 'node:assert/strict';
import { Position, Range, workspace, WorkspaceEdit } from 'vscode';
import { seededRandom } from '../../src/core/seededRandom';
import { DataDocuments } from '../../src/extension/promptFile/dataDocuments';

const random = seededRandom(17);
const below = (limit: number): number => Math.floor(random() * limit);

function line(): string {
  const id = ['', `"id": "${below(9)}", `][below(2)];
  return [`{${id}"prompt": "${random()}", "chosen": "a", "rejected": "b"}`, '', '{"prompt": ', '{"chosen": "x"}'][
    below(4)
  ];
}

describe('the rows of a document that is edited', function () {
  this.timeout(60_000);

  it('are those of its text, and the same objects where the text is the same', async () => {
    const content = Array.from({ length: 60 }, line).join('\n');
    const document = await workspace.openTextDocument({ language: 'jsonl', content });
    const edited = new DataDocuments();
    for (let round = 0; round < 120; round += 1) {
      // Some rows are parsed before an edit, some after.
      for (let row = 0; row < document.lineCount; row += 1) {
        if (random() < 0.5) edited.anyRowAt(document, new Position(row, 0));
      }
      const before = new Map(
        [...edited.parsedRows(document)].map((row) => [row.identity, document.getText(row.range)]),
      );
      const edit = new WorkspaceEdit();
      const first = below(document.lineCount);
      const last = Math.min(document.lineCount - 1, first + below(3));
      const place = [
        new Range(first, 0, last, document.lineAt(last).text.length),
        new Range(first, 0, first, 0),
        new Range(first, 0, Math.min(first + 1, document.lineCount - 1), 0),
        new Range(first, below(5), first, 5),
      ][below(4)];
      edit.replace(document.uri, place, [line(), `${line()}\n${line()}\n`, '', 'x', '\r\n'][below(5)]);
      if (random() < 0.3 && 0 < place.start.line) edit.insert(document.uri, new Position(0, 0), `${line()}\n`);
      await workspace.applyEdit(edit);
      const fresh = new DataDocuments();
      const describeRows = (documents: DataDocuments) =>
        [...documents.allRows(document)].map((row) => row && { ...row, identity: null });
      assert.deepEqual(describeRows(edited), describeRows(fresh), `round ${round}`);
      for (const row of edited.allRows(document)) {
        const text = row === null ? undefined : before.get(row.identity);
        if (row !== null && text !== undefined) assert.equal(document.getText(row.range), text);
      }
      fresh.dispose();
    }
    edited.dispose();
  });

  it('keep what is known of them when lines are inserted above', async () => {
    const row = '{"prompt": "p", "chosen": "a", "rejected": "b"}';
    const document = await workspace.openTextDocument({ language: 'jsonl', content: `${row}\n${row}\n` });
    const documents = new DataDocuments();
    const identities = () => [...documents.allRows(document)].map((found) => found?.identity);
    const [first, second] = identities();
    const edit = new WorkspaceEdit();
    edit.insert(document.uri, new Position(0, 0), '\n\n');
    await workspace.applyEdit(edit);
    const [, , third, fourth] = identities();
    assert.ok(first === third && second === fourth && first !== second);
    assert.equal(documents.rowAt(document, new Position(3, 0))?.data.id, '4');
    documents.dispose();
  });

  it('keep what is known of them in a JSON list', async () => {
    const rows = ['a', 'b', 'a'].map((chosen) => ({ prompt: 'p', chosen, rejected: 'c' }));
    const document = await workspace.openTextDocument({ language: 'json', content: JSON.stringify(rows, null, 1) });
    const documents = new DataDocuments();
    const identities = () => [...documents.allRows(document)].map((found) => found?.identity);
    const before = identities();
    assert.equal(new Set(before).size, 3);
    const edit = new WorkspaceEdit();
    edit.replace(
      document.uri,
      new Range(
        document.positionAt(document.getText().indexOf('"b"')),
        document.positionAt(document.getText().indexOf('"b"') + 3),
      ),
      '"other"',
    );
    await workspace.applyEdit(edit);
    const after = identities();
    assert.deepEqual(
      after.map((identity, index) => identity === before[index]),
      [true, false, true],
    );
    documents.dispose();
  });
});
