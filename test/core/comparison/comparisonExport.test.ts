import assert from 'node:assert/strict';
import { comparisonAsCsv, comparisonAsJson } from '../../../src/core/comparison/comparisonExport';
import {
  comparedInputs,
  isSamePrompt,
  type ComparisonRecord,
  type RecordedAnswer,
  type RecordedCell,
} from '../../../src/core/comparison/comparisonRecord';
import { CsvRecordSplitter, parseCsvRecord } from '../../../src/core/promptFile/csvRecords';

function scored(text: string, reward: number): RecordedAnswer {
  const objectives = [{ name: 'clarity', reward, coefficient: 2, contribution: 2 * reward }];
  const breakdown = { score: 2 * reward, tokens: 20, truncated: false, objectives, responseTokens: 7 };
  return { text, finishReason: 'stop', scored: breakdown, problem: null };
}

const done: RecordedCell = {
  state: 'done',
  problem: null,
  messages: [{ role: 'user', content: 'Hello' }],
  answers: [scored('One, "two"\nthree', 0.1), scored('=SUM(A1)', 0.30000000000000004)],
  profile: null,
};
const failed: RecordedCell = { state: 'failed', problem: 'no value', messages: null, answers: [], profile: null };

const record: ComparisonRecord = {
  first: { name: 'HEAD', detail: 'a.prompt.md at 1234567' },
  second: { name: 'working file', detail: 'a.prompt.md' },
  generation: { label: 'tiny', answers: 2, temperature: 0.7, maxNewTokens: 20, seed: 1 },
  model: null,
  inputs: [
    { name: '', values: {}, first: done, second: { ...done, answers: [scored('four', 0.9), scored('five', 0.7)] } },
    { name: 'sea', values: { topic: 'sea' }, first: done, second: failed },
  ],
};

describe('exporting a comparison', () => {
  it('writes CSV with a record an answer, exact numbers, and the failures', () => {
    const text = comparisonAsCsv(record);
    const rows = new CsvRecordSplitter(',')
      .push(Buffer.from(text))
      .map(({ bytes }) => parseCsvRecord(Buffer.from(bytes).toString(), ',').cells);
    assert.deepEqual(rows[0].slice(-2), ['text', 'reward clarity']);
    assert.ok(rows.every((cells) => cells.length === rows[0].length));
    assert.equal(rows.length, 1 + 2 + 2 + 2 + 1);
    assert.deepEqual(rows[2], [
      '1',
      'HEAD',
      '2',
      '0.6000000000000001',
      '7',
      'false',
      'stop',
      '',
      '=SUM(A1)',
      '0.30000000000000004',
    ]);
    assert.equal(rows[1][8], 'One, "two"\nthree');
    assert.deepEqual(rows.at(-1), ['sea', 'working file', '', '', '', '', '', 'no value', '', '']);
  });

  it('writes JSON with the record and what it says', () => {
    const read = JSON.parse(comparisonAsJson(record)) as ComparisonRecord & {
      readonly comparison: { readonly inputs: number; readonly score: { readonly difference: number } };
    };
    assert.equal(read.comparison.inputs, 1);
    assert.ok(Math.abs(read.comparison.score.difference - (1.6 - 0.4)) < 1e-12);
    assert.equal(read.inputs[0].first.answers[1].scored?.objectives[0].reward, 0.30000000000000004);
  });

  it('has only the header where nothing was answered', () => {
    assert.equal(comparisonAsCsv({ ...record, inputs: [] }).split('\n').length, 2);
  });
});

describe('the record of a comparison', () => {
  it('compares complete cells only', () => {
    const [first] = record.inputs;
    const compared = comparedInputs([{ ...first, second: { ...first.second, state: 'working' } }]);
    assert.equal(compared[0].first.length, 2);
    assert.deepEqual(compared[0].second, []);
  });

  it('knows when both versions say the same', () => {
    assert.equal(isSamePrompt(record.inputs[0]), true);
    assert.equal(isSamePrompt(record.inputs[1]), false);
  });
});
