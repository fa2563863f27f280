import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cursorContext, keyAt } from '../../../src/core/rewardTest/rewardTestCursor';
import { rewardTestSchema } from '../../../src/core/rewardTest/rewardTestSchema';

/** What may be written where the text has a bar. */
function suggestions(text: string): unknown {
  const offset = text.indexOf('|');
  const context = cursorContext(text.replace('|', ''), offset);
  if (context === null) return null;
  switch (context.kind) {
    case 'key':
      return Object.keys(context.keys).filter((key) => !context.taken.has(key));
    case 'word':
      return context.words;
    default:
      return context.kind;
  }
}

describe('help in a test file', () => {
  it('has the JSON schema that the table of keys gives', () => {
    const kept: unknown = JSON.parse(readFileSync('media/schemas/rewardTest.schema.json', 'utf8'));
    assert.deepEqual(kept, rewardTestSchema());
  });

  it('explains the known key at an offset, and no other text', () => {
    const text = 'model: starter\ntests:\n  - name: a\n    expect: { objectives: { score: { min: 1 } } }\n';
    assert.match(keyAt(text, 2)?.spec.description ?? '', /reward model/);
    assert.match(keyAt(text, text.indexOf('min') + 1)?.spec.description ?? '', /least value/);
    assert.equal(keyAt(text, text.indexOf('score') + 1), null, 'the name of an objective');
    assert.equal(keyAt(text, text.indexOf('starter') + 1), null);
    assert.equal(keyAt('tests: [', 3)?.key, 'tests', 'in a text that is not complete');
  });

  it('suggests the keys of the place that are not there yet', () => {
    const root = ['model', 'dtype', 'maxTokens', 'truncate', 'weights', 'generate', 'tests'];
    assert.deepEqual(suggestions('|'), root);
    assert.deepEqual(
      suggestions('model: starter\nd|\ntests:\n'),
      root.filter((key) => key !== 'model' && key !== 'tests'),
    );
    assert.deepEqual(suggestions('tests:\n  - name: a\n    expect:\n      best:\n        |'), [
      'score',
      'objectives',
      'ratings',
      'beats',
    ]);
    assert.deepEqual(suggestions('tests:\n- name: a\n  messages:\n  - role: user\n    |'), ['content']);
    assert.deepEqual(suggestions('tests:\n  - name: a\n    expect: { score: { min: 1, | } }'), ['max']);
    assert.deepEqual(suggestions('generate:\n  seed: 1\n  |'), ['model', 'answers', 'temperature', 'maxNewTokens']);
    const inTest = suggestions('tests:\n  - name: a\n    |\n  - name: b\n    prompt: x\n') as string[];
    assert.ok(inTest.includes('prompt') && !inTest.includes('name'), inTest.join());
    const first = suggestions('tests:\n  - n|') as string[];
    assert.ok(first.includes('name'));
  });

  it('suggests words, objectives and a new test', () => {
    assert.deepEqual(suggestions('dtype: |'), ['auto', 'f32', 'f16', 'int8', 'int4']);
    assert.deepEqual(suggestions('truncate: t|'), ['true', 'false']);
    assert.deepEqual(suggestions('tests:\n  - messages:\n      - role: |'), [
      'system',
      'developer',
      'user',
      'assistant',
      'tool',
    ]);
    assert.equal(suggestions('tests:\n  - expect:\n      objectives:\n        |'), 'name');
    assert.equal(suggestions('tests:\n  - expect: { objectives: { | } }'), 'name');
    assert.equal(suggestions('weights:\n  |'), 'name');
    assert.equal(suggestions('tests:\n  |'), 'item');
  });

  it('is silent in texts, comments and under keys that nobody knows', () => {
    assert.equal(suggestions('tests:\n  - name: a\n    response: |\n      one\n      |'.replace('|', '>')), null);
    assert.equal(suggestions('# mod|'), null);
    assert.equal(suggestions('models:\n  |'), null);
    assert.equal(suggestions('tests:\n  - response: Hello |'), null);
  });
});
