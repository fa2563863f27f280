import assert from 'node:assert/strict';
import { readPairTexts } from '../../../src/core/labels/pairTexts';
import { contradicts, verdictOf, type PairVerdict } from '../../../src/core/labels/rowVerdict';
import { readScorableRow } from '../../../src/core/promptFile/readScorableRow';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';

function breakdown(contributions: Readonly<Record<string, number>>, truncated = false): RewardBreakdown {
  const objectives = Object.entries(contributions).map(([name, contribution]) => ({
    name,
    reward: contribution,
    coefficient: 1,
    contribution,
  }));
  const score = objectives.reduce((sum, { contribution }) => sum + contribution, 0);
  return { score, tokens: 5, truncated, objectives };
}

function pairVerdict(chosen: RewardBreakdown, rejected: RewardBreakdown): PairVerdict {
  const verdict = verdictOf({ id: '1', chosen, rejected, margin: chosen.score - rejected.score });
  assert.equal(verdict.kind, 'pair');
  return verdict;
}

describe('what a model says about a label', () => {
  it('names the objectives that speak for the rejected reply, the strongest first', () => {
    const verdict = pairVerdict(
      breakdown({ a: 1, b: 0, c: 0.5, d: 0, e: 0 }),
      breakdown({ a: 0, b: 2, c: 0.75, d: 1, e: 0.1 }),
    );
    assert.deepEqual(verdict.against, [
      { name: 'b', difference: -2 },
      { name: 'd', difference: -1 },
      { name: 'c', difference: -0.25 },
    ]);
    assert.equal(contradicts(verdict, 0), true);
    assert.equal(contradicts(verdict, 2.35), false);
  });

  it('finds no contradiction in a tie, nor in what may be rounding', () => {
    assert.equal(contradicts(pairVerdict(breakdown({ a: 1 }), breakdown({ a: 1 })), 0), false);
    assert.equal(contradicts(pairVerdict(breakdown({ a: 1 }), breakdown({ a: 1.00001 })), 0), false);
    assert.equal(contradicts(pairVerdict(breakdown({ a: 50 }), breakdown({ a: 50.0005 })), 0), false);
    assert.equal(contradicts(pairVerdict(breakdown({ a: 1 }), breakdown({ a: 1.0001 })), 0), true);
  });

  it('knows that a reply was cut, in any kind of row', () => {
    assert.equal(pairVerdict(breakdown({ a: 1 }), breakdown({ a: 1 }, true)).truncated, true);
    const list = verdictOf({ id: '1', responses: [breakdown({ a: 1 }, true), breakdown({ a: 1 })], best: 0 });
    assert.deepEqual(list, { kind: 'responses', truncated: true });
    assert.deepEqual(verdictOf({ id: '1', ...breakdown({ a: 1 }) }), { kind: 'responses', truncated: false });
    const error = { code: 'too_long', message: 'too long' } as const;
    assert.deepEqual(verdictOf({ id: '1', error }), { kind: 'failed', error });
  });
});

describe('the texts of a pair', () => {
  const read = (value: unknown) => readPairTexts(readScorableRow(value, '1'));

  it('are the same in every spelling', () => {
    const [user, a, b] = [
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'So.' },
      { role: 'assistant', content: 'No.' },
    ];
    const expected = { prompt: 'user: Why?\n', chosen: 'So.\n', rejected: 'No.\n' };
    assert.deepEqual(read({ prompt: 'Why?', chosen: 'So.', rejected: 'No.' }), expected);
    assert.deepEqual(read({ chosen: [user, a], rejected: [user, b] }), expected);
    assert.deepEqual(read({ input: { messages: [user] }, preferred_output: [a], non_preferred_output: [b] }), expected);
    assert.deepEqual(
      read({ chosen: '\n\nHuman: Why?\n\nAssistant: So.', rejected: '\n\nHuman: Why?\n\nAssistant: No.' }),
      expected,
    );
  });

  it('keep a reply where both are the same, and are none for other rows', () => {
    assert.deepEqual(read({ prompt: 'Why?', chosen: 'So.', rejected: 'So.' }), {
      prompt: 'user: Why?\n',
      chosen: 'So.\n',
      rejected: 'So.\n',
    });
    assert.equal(read({ prompt: 'Why?', response: 'So.' }), null);
  });
});
