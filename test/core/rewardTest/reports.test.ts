import assert from 'node:assert/strict';
import type { ReportedTest } from '../../../src/core/rewardTest/reportedTest';
import { parseRewardTests } from '../../../src/core/rewardTest/parseRewardTests';
import { readRecordedScore, recordOf } from '../../../src/core/rewardTest/recordedScore';
import type { RewardTestResult } from '../../../src/core/rewardTest/rewardTestResult';
import { writeJunit } from '../../../src/core/rewardTest/writeJunit';
import { writeRewardTest } from '../../../src/core/rewardTest/writeRewardTest';
import { writeTapHeader, writeTapPoint } from '../../../src/core/rewardTest/writeTap';
import { readJunit, readTap } from './readReports';

const breakdown = {
  score: 0.25,
  tokens: 4,
  truncated: false,
  objectives: [{ name: 'fact', reward: 0.5, coefficient: 0.5, contribution: 0.25 }],
};
const base: RewardTestResult = {
  id: 'a',
  name: 'a',
  outcome: 'passed',
  failures: [],
  errors: [],
  skip: null,
  responses: [{ name: 'response', breakdown }],
  row: null,
  rows: null,
  meanScore: 0.25,
  model: { name: 'tiny', hash: 'abc', device: 'cpu', dtype: 'f32' },
  milliseconds: 12.3456,
};
const span = { start: 8, end: 9 };
const results: readonly RewardTestResult[] = [
  base,
  {
    ...base,
    id: 'hash # and \\ back\nslash <&"]]>\u0001',
    outcome: 'failed',
    failures: [{ message: 'score: "x" # y', expected: 'a\n- b\n...\n---', actual: 'not ok 7', span }],
  },
  {
    ...base,
    id: 'c',
    outcome: 'errored',
    responses: [],
    meanScore: null,
    errors: [{ code: 'not_found', message: 'gone', hint: 'look', span: null }],
  },
  { ...base, id: 'd', outcome: 'skipped', skip: 'later # perhaps', responses: [], milliseconds: 0 },
];
const tests: readonly ReportedTest[] = results.map((result) => ({
  file: 'x/t.reward.yaml',
  text: 'one\ntwo\nthree\n',
  span,
  result,
}));

describe('reports of reward tests', () => {
  it('are TAP that a strict reader takes, whatever the texts hold', () => {
    const text = writeTapHeader(tests.length) + tests.map((test, index) => writeTapPoint(index + 1, test)).join('');
    const { plan, points } = readTap(text);
    assert.equal(plan, 4);
    assert.deepEqual(
      points.map(({ ok, directive }) => [ok, directive]),
      [
        [true, null],
        [false, null],
        [false, null],
        [true, 'SKIP later # perhaps'],
      ],
    );
    assert.equal(points[1]?.description, 'x/t.reward.yaml > hash # and \\ back slash <&"]]>\u0001');
    const failure = points[1]?.diagnostics as {
      readonly failures: readonly { readonly expected: string; readonly actual: string; readonly at: string }[];
      readonly responses: readonly { readonly objectives: unknown }[];
    };
    assert.equal(failure.failures[0]?.expected, 'a\n- b\n...\n---');
    assert.equal(failure.failures[0]?.at, 'x/t.reward.yaml:3');
    assert.deepEqual(failure.responses[0]?.objectives, { fact: 0.5 });
  });

  it('are JUnit that a strict reader takes', () => {
    const { suites, totals } = readJunit(writeJunit(tests));
    assert.deepEqual(totals, { tests: '4', failures: '1', errors: '1', skipped: '1', time: '0.037' });
    assert.deepEqual(
      suites.flatMap(({ cases }) => cases.map(({ name, children }) => [name, children])),
      [
        ['a', ['system-out']],
        ['hash # and \\ back\nslash <&"]]>\ufffd', ['failure', 'system-out']],
        ['c', ['error']],
        ['d', ['skipped']],
      ],
    );
  });

  it('record scores in lines that are read back, whatever was scored', () => {
    const single = recordOf(base);
    assert.equal(single?.['id'], 'a');
    assert.deepEqual(readRecordedScore(single, 'single'), { score: 0.25, modelHash: 'abc', modelName: 'tiny' });
    const second = { name: 'b', breakdown: { ...breakdown, score: 0.75 } };
    const several = recordOf({ ...base, responses: [...base.responses, second], meanScore: 0.5 });
    assert.equal(readRecordedScore(several, 'best')?.score, 0.75);
    assert.equal(readRecordedScore(several, 'mean')?.score, 0.5);
    const rows = { rows: 2, pairs: 0, wins: 0, ties: 0, meanMargin: null };
    assert.equal(readRecordedScore(recordOf({ ...base, responses: [], rows, meanScore: 0.3 }), 'mean')?.score, 0.3);
    assert.equal(recordOf(results[2] ?? base), null);
    assert.equal(readRecordedScore({ chosen: { score: 1 }, rejected: { score: 0 } }, 'single')?.score, 1);
    for (const line of [null, 3, {}, { score: 'x' }, { error: {} }]) {
      assert.equal(readRecordedScore(line, 'single'), null);
    }
  });
});

describe('writeRewardTest', () => {
  const messages = [
    { role: 'user', content: 'Why: is "it" so?\n- really' },
    { role: 'assistant', content: '# Because\n\n  it is.\n' },
  ];
  const input = { kind: 'messages', messages } as const;

  it('writes a file that is read back with the texts of the row, and passes with its scores', () => {
    const text = writeRewardTest({
      name: 'data 1',
      model: 'starter',
      row: { kind: 'single', id: '1', input },
      scored: { id: '1', ...breakdown, score: 0.2599 },
    });
    const { tests: read, problems, model } = parseRewardTests(text ?? '');
    assert.deepEqual(problems, []);
    assert.equal(model?.value, 'starter');
    const plan = read[0]?.plan;
    assert.ok(plan?.subject.kind === 'responses' && plan.subject.conversation.kind === 'messages');
    assert.equal(plan.subject.conversation.messages[0]?.content, messages[0]?.content);
    assert.equal(plan.subject.responses[0]?.text, '# Because\n\n  it is.');
    assert.deepEqual(
      plan.expectations.map((expectation) => 'bounds' in expectation && expectation.bounds),
      [{ min: 0.25 }, { min: 0.5 }],
    );
  });

  it('ranks what a pair or a list has, the better first', () => {
    const worse = { ...breakdown, score: -0.123 };
    const pair = writeRewardTest({
      name: 'p',
      model: 'm',
      row: { kind: 'pair', id: '1', chosen: input, rejected: input },
      scored: { id: '1', chosen: worse, rejected: breakdown, margin: -0.373 },
    });
    assert.match(pair ?? '', /ranks:\n\s+- rejected\n\s+- chosen/);
    const list = writeRewardTest({
      name: 'l',
      model: 'm',
      row: { kind: 'list', id: '1', responses: [input, input] },
      scored: { id: '1', responses: [worse, breakdown], best: 1 },
    });
    assert.match(list ?? '', /ranks:\n\s+- response 2\n\s+- response 1/);
    for (const text of [pair, list]) assert.deepEqual(parseRewardTests(text ?? '').problems, []);
  });

  it('has nothing to write for a row without a conversation', () => {
    const row = { kind: 'single', id: '1', input: { kind: 'text', text: 'as it stands' } } as const;
    assert.equal(writeRewardTest({ name: 'x', model: 'm', row, scored: { id: '1', ...breakdown } }), null);
  });
});
