import assert from 'node:assert/strict';
import { evaluateRewardTest } from '../../../src/core/rewardTest/evaluateRewardTest';
import { parseRewardTests } from '../../../src/core/rewardTest/parseRewardTests';
import { ResponseSummary } from '../../../src/core/rewardTest/responseSummary';
import type { ExpectationFailure, ScoredResponse } from '../../../src/core/rewardTest/rewardTestResult';

/** A response whose objectives, of weight 1, have these rewards. */
function scored(name: string, rewards: Readonly<Record<string, number>>): ScoredResponse {
  const objectives = Object.entries(rewards).map(([objective, reward]) => ({
    name: objective,
    reward,
    rating: 4 * reward,
    coefficient: 1,
    contribution: reward,
  }));
  const score = objectives.reduce((sum, { contribution }) => sum + contribution, 0);
  return { name, breakdown: { score, tokens: 3, truncated: false, objectives } };
}

interface Case {
  readonly expect: string;
  readonly responses: readonly ScoredResponse[];
  readonly baseline?: number;
  readonly margins?: readonly (number | null)[];
}

function failuresOf({ expect, responses, baseline = 0, margins }: Case): readonly ExpectationFailure[] {
  const subject =
    margins !== undefined
      ? 'rows: x.jsonl'
      : responses.length === 1
        ? 'prompt: a, response: b'
        : `prompt: a, responses: {${responses.map(({ name }) => `${name}: text`).join(', ')}}`;
  const { tests, problems } = parseRewardTests(`tests: [{ name: t, ${subject}, expect: {${expect}} }]`);
  assert.deepEqual(problems, []);
  const summary = new ResponseSummary();
  for (const response of responses) summary.add(response);
  for (const margin of margins ?? []) summary.addRow(margin);
  const expectations = tests[0]?.plan?.expectations ?? assert.fail('no plan');
  return evaluateRewardTest({ expectations, responses, summary, baselineScore: () => baseline });
}

const one = [scored('response', { fact: 0.5, style: 0.25 })];
const three = [scored('a', { fact: 0.5 }), scored('b', { fact: 0.75 }), scored('c', { fact: 0.25 })];

describe('evaluateRewardTest', () => {
  it('passes what holds, bounds included', () => {
    for (const expect of [
      'score: {min: 0.75, max: 0.75}',
      'objectives: {fact: {min: 0.5}, style: {max: 0.25}}',
      'ratings: {fact: {min: 2, max: 2}}',
    ]) {
      assert.deepEqual(failuresOf({ expect, responses: one }), [], expect);
    }
    for (const expect of [
      'best: {score: {min: 0.75}}',
      'mean: {score: {min: 0.5, max: 0.5}}',
      'all: {objectives: {fact: {min: 0.25, max: 0.75}}}',
      'ranks: [b, a, c], margin: {min: 0.25}',
    ]) {
      assert.deepEqual(failuresOf({ expect, responses: three }), [], expect);
    }
  });

  it('says of each that does not hold what was expected and what was found', () => {
    const cases: readonly (readonly [Case, message: string, expected: string, actual: string])[] = [
      [{ expect: 'score: {min: 0.8}', responses: one }, 'score is 0.75, expected ≥ 0.8', 'score ≥ 0.8', 'score 0.75'],
      [
        { expect: 'objectives: {style: {min: 0.3, max: 1}}', responses: one },
        'style is 0.25, expected from 0.3 to 1',
        'style from 0.3 to 1',
        'style 0.25',
      ],
      [
        { expect: 'best: {score: {max: 0.5}}', responses: three },
        'score of the best (b) is 0.75, expected ≤ 0.5',
        'score of the best ≤ 0.5',
        'score of the best 0.75',
      ],
      [
        { expect: 'all: {score: {min: 0.3}}', responses: three },
        'lowest score (c) is 0.25, expected ≥ 0.3',
        'lowest score ≥ 0.3',
        'lowest score 0.25',
      ],
      [
        { expect: 'beats: other', responses: one, baseline: 0.75 },
        'score is 0.75, expected above 0.75 of the baseline',
        'score > 0.75',
        'score 0.75',
      ],
      [
        { expect: 'beats: {text: other, by: 0.1}', responses: one, baseline: 0.7 },
        'score is 0.75, expected at least 0.1 above 0.7 of the baseline',
        'score ≥ 0.8',
        'score 0.75',
      ],
      [
        { expect: 'ranks: [a, b, c]', responses: three },
        'expected a > b > c; a (0.5), b (0.75): the second scores higher',
        'a\nb\nc',
        'b\na\nc',
      ],
      [
        { expect: 'ranks: [b, c], margin: {min: 0.6}', responses: three },
        'expected b > c, each by 0.6 at least; b (0.75), c (0.25): the margin is 0.5',
        'b − c ≥ 0.6',
        'b − c 0.5',
      ],
      [
        { expect: 'accuracy: {min: 0.6}', responses: three, margins: [1, 0, -1, 2] },
        'accuracy (2 of 4 pairs, 1 tie) is 0.5, expected ≥ 0.6',
        'accuracy ≥ 0.6',
        'accuracy 0.5',
      ],
      [
        { expect: 'margin: {min: 0.6}', responses: three, margins: [1, 0] },
        'mean margin is 0.5, expected ≥ 0.6',
        'mean margin ≥ 0.6',
        'mean margin 0.5',
      ],
      [
        { expect: 'accuracy: {min: 0}', responses: three, margins: [null] },
        'accuracy: there are no pairs',
        'accuracy ≥ 0',
        'there are no pairs',
      ],
    ];
    for (const [test, message, expected, actual] of cases) {
      const [failure, ...more] = failuresOf(test);
      assert.deepEqual(more, []);
      assert.deepEqual([failure?.message, failure?.expected, failure?.actual], [message, expected, actual]);
    }
  });

  it('fails what is no number, and shows a miss that rounding would hide', () => {
    const none = failuresOf({ expect: 'score: {min: 0}', responses: [scored('response', { fact: Number.NaN })] });
    assert.equal(none.length, 1);
    const near = failuresOf({ expect: 'score: {min: 0.5}', responses: [scored('response', { fact: 0.49999999 })] });
    assert.equal(near[0]?.message, 'score is 0.49999999, expected ≥ 0.5');
  });
});
