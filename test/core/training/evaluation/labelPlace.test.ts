import assert from 'node:assert/strict';
import { groupsAt, labelAt, parseLabelPlace } from '../../../../src/core/training/evaluation/labelPlace';
import { readResponseText } from '../../../../src/core/training/evaluation/responseText';
import { WordSample } from '../../../../src/core/training/evaluation/wordSample';

describe('labelAt', () => {
  const at = (row: unknown, place: string): number | null => labelAt(row, parseLabelPlace(place));

  it('reads numbers, truth values and texts that are numbers, at a key or a dotted path', () => {
    assert.equal(at({ clarity: 3.5 }, 'clarity'), 3.5);
    assert.equal(at({ clarity: ' 4 ' }, 'clarity'), 4);
    assert.equal(at({ clarity: true }, 'clarity'), 1);
    assert.equal(at({ clarity: 'False' }, 'clarity'), 0);
    assert.equal(at({ ratings: { clarity: 2 } }, 'ratings.clarity'), 2);
    assert.equal(at({ 'ratings.clarity': 1, ratings: { clarity: 2 } }, 'ratings.clarity'), 1);
  });

  it('tells a missing label from one that is no number', () => {
    for (const row of [{}, { clarity: null }, { clarity: '' }, 'text', null]) assert.equal(at(row, 'clarity'), null);
    for (const clarity of ['good', {}, [1], '1e999', Infinity]) assert.ok(Number.isNaN(at({ clarity }, 'clarity')));
  });

  it('asks whether the field says a word', () => {
    assert.equal(at({ label: 'refusal' }, 'label=refusal'), 1);
    assert.equal(at({ label: 'answer' }, 'label=refusal'), 0);
    assert.equal(at({ toxic: 0 }, 'toxic=0'), 1);
    assert.equal(at({ toxic: 1 }, 'toxic=0'), 0);
    assert.equal(at({}, 'label=refusal'), null);
  });

  it('maps what the field says, and has no label where it says something else', () => {
    const place = { field: 'toxic', yes: null, values: { 0: 1, 1: 0 } };
    assert.equal(labelAt({ toxic: 0 }, place), 1);
    assert.equal(labelAt({ toxic: '1' }, place), 0);
    assert.equal(labelAt({ toxic: 2 }, place), null);
    assert.equal(labelAt({ toxic: 'constructor' }, place), null);
  });

  it('does not take what every object inherits for a label', () => {
    assert.equal(at({}, 'constructor'), null);
    assert.equal(at({ a: {} }, 'a.toString.length'), null);
  });
});

describe('groupsAt', () => {
  it('takes a text, a number, or a list of them', () => {
    assert.deepEqual(groupsAt({ who: 'old' }, 'who'), ['old']);
    assert.deepEqual(groupsAt({ who: ['old', 7, null, {}] }, 'who'), ['old', '7']);
    assert.deepEqual(groupsAt({}, 'who'), []);
  });
});

describe('readResponseText', () => {
  it('takes the last turn if it is an assistant’s', () => {
    const [user, assistant] = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ];
    assert.deepEqual(readResponseText({ kind: 'messages', messages: [user, assistant] }), {
      prompt: 'Hi',
      response: 'Hello',
    });
    assert.deepEqual(readResponseText({ kind: 'messages', messages: [assistant, user] }), {
      prompt: 'Hello\nHi',
      response: '',
    });
    assert.deepEqual(readResponseText({ kind: 'ids', ids: [1, 2] }), { prompt: '', response: '1 2' });
  });
});

describe('WordSample', () => {
  it('keeps the words of so many rows, each with the same chance, and all rows', () => {
    const kept = new Array<number>(40).fill(0);
    for (let seed = 0; seed < 2000; seed += 1) {
      const sample = new WordSample<{ readonly words: string | null; readonly index: number }>(seed, 10);
      for (let index = 0; index < 40; index += 1) sample.add({ words: 'some', index });
      assert.equal(sample.rows.length, 40);
      assert.equal(sample.rows.filter(({ words }) => words !== null).length, 10);
      for (const { words, index } of sample.rows) if (words !== null) kept[index] += 1;
    }
    // 500 of 2,000 expected; six standard deviations are 116.
    for (const [index, count] of kept.entries()) assert.ok(Math.abs(count - 500) < 116, `row ${index}: ${count}`);
  });
});
