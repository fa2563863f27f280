import assert from 'node:assert/strict';
import { splitSegments } from '../../../src/core/reward/splitSegments';
import { seededRandom } from '../../fixtures/seededRandom';

function parts(text: string): string[] {
  return splitSegments(text).map(({ start, end }) => text.slice(start, end));
}

describe('splitSegments', () => {
  it('cuts prose into sentences, and keeps hard-wrapped ones whole', () => {
    assert.deepEqual(parts('One is here. Two\ngoes on. Is that three?\n\nA new paragraph.'), [
      'One is here. ',
      'Two\ngoes on. ',
      'Is that three?\n\n',
      'A new paragraph.',
    ]);
  });

  it('does not take an abbreviation or a title for an end', () => {
    assert.deepEqual(parts('Dr. Smith eats fruit, e.g. Apples. He sleeps.'), [
      'Dr. Smith eats fruit, e.g. Apples. ',
      'He sleeps.',
    ]);
  });

  it('takes items, headings and rows of tables one by one', () => {
    assert.deepEqual(parts('# Title\nSome text.\n1. First item\n2. Second item. It goes on.\n- a\n- b\n| x | y |\n'), [
      '# Title\n',
      'Some text.\n',
      '1. First item\n',
      '2. Second item. ',
      'It goes on.\n',
      '- a\n',
      '- b\n',
      '| x | y |\n',
    ]);
  });

  it('takes code line by line, whatever full stops are in it', () => {
    assert.deepEqual(parts('Here. Look:\n```js\nlet a = 1. B;\n\n\nlet b = 2;\n```\nDone.'), [
      'Here. ',
      'Look:\n',
      '```js\n',
      'let a = 1. B;\n\n\n',
      'let b = 2;\n',
      '```\n',
      'Done.',
    ]);
  });

  it('gives white space to a neighbour, and nothing for nothing', () => {
    assert.deepEqual(parts('\n\n  Hello.  \n\n'), ['\n\n  Hello.  \n\n']);
    assert.deepEqual(parts('   '), ['   ']);
    assert.deepEqual(parts(''), []);
  });

  it('covers any text without gaps, in bounded parts', () => {
    const random = seededRandom(11);
    const pieces = ['a', '. ', '\n', '\n\n', '```\n', '- ', '1. ', 'Word ', '! ', '紅。', '\r\n', '    x', '|', '# '];
    for (let round = 0; round < 400; round += 1) {
      const text = Array.from({ length: 60 }, () => pieces[Math.floor(random.next() * pieces.length)]).join('');
      const spans = splitSegments(text);
      assert.equal(spans.map(({ start, end }) => text.slice(start, end)).join(''), text);
      assert.ok(spans.every(({ start, end }) => start < end));
    }
    assert.equal(splitSegments('No. '.repeat(1) + 'Yes! '.repeat(5000)).length, 500);
  });
});
