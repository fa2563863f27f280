import assert from 'node:assert/strict';
import type { TextEdit } from '../../../src/core/labels/rowEdits';
import { cutElements, isReviewed, markReviewed, swapLabels } from '../../../src/core/labels/rowEdits';
import { locateElements } from '../../../src/core/promptFile/locateJson';
import { readScorableRow } from '../../../src/core/promptFile/readScorableRow';
import { seededRandom } from '../../../src/core/seededRandom';

function applied(source: string, edits: readonly TextEdit[] | null): string {
  assert.ok(edits !== null);
  return [...edits]
    .reverse()
    .reduce((text, { span, text: put }) => text.slice(0, span.start) + put + text.slice(span.end), source);
}

const swap = (source: string): string => applied(source, swapLabels(source));
const mark = (source: string): string => applied(source, markReviewed(source));

describe('swapping the labels of a row', () => {
  it('swaps the texts of the values and nothing else', () => {
    assert.equal(
      swap('{ "id":1,"chosen" : "a \\u00e9\\n" ,\t"x":[1, 2], "rejected": "b\\"c" }'),
      '{ "id":1,"chosen" : "b\\"c" ,\t"x":[1, 2], "rejected": "a \\u00e9\\n" }',
    );
  });

  it('takes with it what the row says of each reply', () => {
    const source =
      '{"prompt":"p","chosen":"a","rejected":"b","chosen_model":"m","rejected_model":"n","score_chosen":4.0,"score_rejected":2,"chosen-rating":5,"margin":2}';
    assert.deepEqual(JSON.parse(swap(source)), {
      prompt: 'p',
      chosen: 'b',
      rejected: 'a',
      chosen_model: 'n',
      rejected_model: 'm',
      score_chosen: 2,
      score_rejected: 4,
      'chosen-rating': 5,
      margin: 2,
    });
  });

  it('swaps OpenAI’s spelling and lists of messages over several lines', () => {
    const source = `{
  "input": {"messages": [{"role": "user", "content": "chosen?"}]},
  "preferred_output": [
    {"role": "assistant", "content": "a"}
  ],
  "non_preferred_output": [ {"role": "assistant", "content": "b"} ]
}`;
    const expected = `{
  "input": {"messages": [{"role": "user", "content": "chosen?"}]},
  "preferred_output": [ {"role": "assistant", "content": "b"} ],
  "non_preferred_output": [
    {"role": "assistant", "content": "a"}
  ]
}`;
    assert.equal(swap(source), expected);
    assert.equal(swap(expected), source);
  });

  it('is undone by itself, whatever the row', () => {
    const random = seededRandom(12);
    const value = (): unknown => [null, 'q"\\', random(), [1, { a: ']}' }], { chosen: 1 }][Math.floor(random() * 5)];
    for (let round = 0; round < 200; round += 1) {
      const keys = ['chosen', 'rejected', 'id', 'chosen_model', 'rejected_model', 'my_chosen_score', 'other'];
      const members = keys.sort(() => random() - 0.5).map((key) => [key, value()] as const);
      const source = JSON.stringify(Object.fromEntries(members), null, Math.floor(random() * 3));
      const once = swap(source);
      assert.equal(swap(once), source);
      const [before, after] = [source, once].map((text) => JSON.parse(text) as Record<string, unknown>);
      assert.deepEqual([after?.['chosen'], after?.['rejected']], [before?.['rejected'], before?.['chosen']]);
      assert.deepEqual(after?.['other'], before?.['other']);
    }
  });

  it('has nothing to swap in a row with one side', () => {
    assert.equal(swapLabels('{"prompt":"p","chosen":"a"}'), null);
  });
});

describe('marking a row as reviewed', () => {
  it('adds the member in the style of the row', () => {
    assert.equal(mark('{"a":1,"b":2}'), '{"a":1,"b":2,"reviewed":true}');
    assert.equal(mark('{"a": 1, "b": 2}'), '{"a": 1, "b": 2, "reviewed": true}');
    assert.equal(mark('{\n  "a": 1,\n  "b": {"c": 2}\n}'), '{\n  "a": 1,\n  "b": {"c": 2},\n  "reviewed": true\n}');
    assert.equal(mark('{ "a" : 1 }'), '{ "a" : 1, "reviewed" : true }');
    assert.equal(mark('{\r\n\t"a": 1\r\n}'), '{\r\n\t"a": 1,\r\n\t"reviewed": true\r\n}');
    assert.equal(mark('{}'), '{"reviewed": true}');
  });

  it('mends a member that says otherwise', () => {
    assert.equal(mark('{"reviewed": false, "a": 1}'), '{"reviewed": true, "a": 1}');
  });

  it('is recognised at the outermost level only', () => {
    assert.equal(isReviewed(mark('{"a": 1}')), true);
    assert.equal(isReviewed('{"a": {"reviewed": true}}'), false);
    assert.equal(isReviewed('{"a": "\\"reviewed\\": true"}'), false);
    assert.equal(isReviewed('{"reviewed": 1}'), false);
  });

  it('leaves the row as it is for whoever scores it', () => {
    const source = '{"prompt": "p", "chosen": "a", "rejected": "b"}';
    const read = (text: string) => readScorableRow(JSON.parse(text), '1');
    assert.deepEqual(read(mark(source)), read(source));
  });
});

describe('cutting elements out of a JSON list', () => {
  function cut(source: string, gone: readonly number[]): string {
    const spans = cutElements(locateElements(source, 0), (index) => gone.includes(index));
    return [...spans].reverse().reduce((text, { start, end }) => text.slice(0, start) + text.slice(end), source);
  }

  it('leaves the list without them for every choice of elements and every style', () => {
    const values = [1, { a: [2] }, 'three', [4], null];
    for (const indent of [0, 2]) {
      const source = JSON.stringify(values, null, indent);
      for (let choice = 0; choice < 32; choice += 1) {
        const gone = values.map((_, index) => index).filter((index) => choice & (1 << index));
        const rest = values.filter((_, index) => !gone.includes(index));
        assert.deepEqual(JSON.parse(cut(source, gone)), rest);
        if (0 < rest.length) assert.equal(cut(source, gone), JSON.stringify(rest, null, indent));
      }
    }
  });
});
