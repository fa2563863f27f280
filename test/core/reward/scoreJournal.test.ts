import assert from 'node:assert/strict';
import { compareKeys, writeJournalHead, writeJournalState, writeJournalWriter } from '../../../src/core/journal';
import { readScoreJournal } from '../../../src/core/reward/scoreJournal';

const key = { model: 'abc', options: '{"weights":{"größe":1}}' };
const state = (rows: number) => ({ rows, bytes: 100 * rows, tokens: 5 * rows, seconds: rows / 2, isFinished: false });
const writer = { pid: 7, start: '123' };
const text = [
  writeJournalHead(key),
  writeJournalWriter(writer),
  writeJournalState(state(1)),
  writeJournalState(state(2)),
  writeJournalState({ ...state(2), isFinished: true }),
].join('');

describe('the journal of a run', () => {
  it('reads back what was written, in ASCII so that offsets are bytes', () => {
    const journal = readScoreJournal(text);
    assert.deepEqual(journal?.key, key);
    assert.deepEqual(journal.writer, writer);
    assert.deepEqual(
      journal.entries.map((entry) => [entry.state.rows, entry.state.isFinished]),
      [
        [0, false],
        [1, false],
        [2, false],
        [2, true],
      ],
    );
    assert.equal(journal.entries.at(-1)?.end, Buffer.byteLength(text));
  });

  it('is read up to the last whole line, wherever it was cut', () => {
    const lineEnds = [...text.matchAll(/\n/g)].map(({ index }) => index + 1);
    for (let length = 0; length <= text.length; length += 1) {
      const journal = readScoreJournal(text.slice(0, length));
      const lines = lineEnds.filter((end) => end <= length).length;
      if (lines === 0) assert.equal(journal, null);
      else assert.equal(journal?.entries.length, 1 + Math.max(0, lines - 2), `cut at ${length}`);
    }
  });

  it('is not trusted beyond a line that makes no sense', () => {
    const broken = ['null', '[]', '{"rows":-1,"bytes":0,"tokens":0,"seconds":0,"isFinished":false}', '{"rows":3', ''];
    for (const line of broken) {
      const journal = readScoreJournal(
        `${writeJournalHead(key)}${writeJournalState(state(2))}${line}\n${writeJournalState(state(3))}`,
      );
      assert.equal(journal?.entries.at(-1)?.state.rows, 2, line);
    }
    const backwards = `${writeJournalHead(key)}${writeJournalState(state(2))}${writeJournalState(state(1))}`;
    assert.equal(readScoreJournal(backwards)?.entries.at(-1)?.state.rows, 2);
  });

  it('is none when it does not begin as one', () => {
    for (const head of ['', '\n', '{}\n', '{"alidadeJournal":2,"key":{}}\n', '{"alidadeJournal":1,"key":{"a":1}}\n']) {
      assert.equal(readScoreJournal(head + writeJournalState(state(1))), null, head);
    }
  });

  it('names what differs between two runs', () => {
    assert.deepEqual(compareKeys(key, { ...key, model: 'x', device: 'cpu' }), ['model', 'device']);
    assert.deepEqual(compareKeys(key, { ...key }), []);
  });
});
