import assert from 'node:assert/strict';
import { excerptOf } from '../../../src/core/dataset/excerptOf';
import type { ScorableInput } from '../../../src/core/promptFile/scorableRow';

function dialogue(...turns: readonly (readonly [string, string])[]): ScorableInput {
  return { kind: 'messages', messages: turns.map(([role, content]) => ({ role, content })) };
}

describe('the excerpt of a row', () => {
  it('is the last question, on one line', () => {
    const chosen = dialogue(['system', 'Be kind'], ['user', 'Hi'], ['assistant', 'Hello'], ['user', ' Why\n\n me? ']);
    assert.equal(excerptOf({ kind: 'pair', id: '1', chosen, rejected: chosen }), 'Why me?');
  });

  it('is the text of a row that is templated already, and nothing for token ids', () => {
    assert.equal(excerptOf({ kind: 'single', id: '1', input: { kind: 'text', text: 'a b' } }), 'a b');
    assert.equal(excerptOf({ kind: 'single', id: '1', input: { kind: 'ids', ids: [1] } }), '');
    assert.equal(excerptOf({ kind: 'list', id: '1', responses: [] }), '');
  });

  it('is cut between characters and says so', () => {
    const cut = excerptOf({ kind: 'single', id: '1', input: { kind: 'text', text: '🙂'.repeat(5000) } });
    assert.equal(Array.from(cut).length, 140);
    assert.match(cut, /^(🙂)+…$/u);
  });
});
