import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseRewardTests } from '../../../src/core/rewardTest/parseRewardTests';
import { cursorContext, keyAt } from '../../../src/core/rewardTest/rewardTestCursor';
import type { RewardTestFile } from '../../../src/core/rewardTest/rewardTest';
import { seededRandom } from '../../fixtures/seededRandom';

/** How many mutations are tried: 500, or 20,000 with `ALIDADE_LONG=1`. */
const mutationCount = process.env['ALIDADE_LONG'] === '1' ? 20_000 : 500;

/** Problems as their message and the text that they point at. */
function problemsOf(text: string): readonly (readonly [message: string, place: string])[] {
  return parseRewardTests(text).problems.map(({ message, span }) => [message, text.slice(span.start, span.end)]);
}

const whole = `model: ../models/mine
dtype: f32
truncate: true
maxTokens: 512
weights: { fact: 2, style: 0.5 }
generate: { model: tiny, answers: 3, seed: 7, temperature: 0 }
tests:
  - name: one response
    prompt: Why is the sky blue?
    response: |
      Because of Rayleigh
      scattering.
    expect:
      score: { min: 0.25, max: 1 }
      objectives: { fact: { min: 0.5 } }
      ratings: { fact: { max: 4 } }
      beats: { text: Magic., by: 0.1 }
  - name: several
    skip: not yet
    messages:
      - { role: system, content: Be brief. }
      - { role: user, content: Why? }
    responses: { long: Because it is so., short: So. }
    expect:
      ranks: [short, long]
      margin: { min: 0.1 }
      all: { score: { min: 0 } }
  - name: answers
    promptFile: ask.prompty
    promptLabel: main
    inputs: { colour: blue }
    generate: 2
    expect:
      best: { beats: { file: base.jsonl, id: x } }
      mean: { score: { min: 0.1 } }
  - name: data
    rows: pairs.jsonl
    expect: { accuracy: { min: 0.9 }, margin: { min: 0 } }
  - name: whole dialogue
    messages: [{ role: user, content: Hi }, { role: assistant, content: Hello }]
    expect: { score: { min: 0 } }
`;

describe('parseRewardTests', () => {
  it('reads every part of a file, with its places', () => {
    const { model, options, tests, problems, isRunnable } = parseRewardTests(whole);
    assert.deepEqual(problems, []);
    assert.equal(isRunnable, true);
    assert.equal(model?.value, '../models/mine');
    assert.equal(whole.slice(model.span.start, model.span.end), '../models/mine');
    const { weightSpans, ...others } = options;
    assert.deepEqual(others, { dtype: 'f32', truncate: true, maxTokens: 512, weights: { fact: 2, style: 0.5 } });
    assert.deepEqual(
      weightSpans.map(({ span }) => whole.slice(span.start, span.end)),
      ['fact', 'style'],
    );
    assert.deepEqual(
      tests.map(({ name, skip }) => [name, skip]),
      [
        ['one response', null],
        ['several', 'not yet'],
        ['answers', null],
        ['data', null],
        ['whole dialogue', null],
      ],
    );
    const [one, several, answers, data, dialogue] = tests.map(({ plan }) => plan?.subject);
    assert.ok(one?.kind === 'responses' && one.conversation.kind === 'messages');
    assert.deepEqual(one.conversation.messages, [{ role: 'user', content: 'Why is the sky blue?' }]);
    assert.equal(one.responses[0]?.text, 'Because of Rayleigh\nscattering.', 'no line break at its end');
    assert.ok(several?.kind === 'responses');
    assert.deepEqual(
      several.responses.map(({ name }) => name),
      ['long', 'short'],
    );
    assert.ok(answers?.kind === 'generate' && answers.conversation.kind === 'promptFile');
    const { model: generator, ...settings } = answers.settings;
    assert.deepEqual(settings, { answers: 2, temperature: 0, maxNewTokens: 256, seed: 7 });
    assert.equal(generator.value, 'tiny');
    assert.deepEqual(answers.conversation.inputs, { kind: 'values', values: { colour: 'blue' } });
    assert.ok(data?.kind === 'rows' && data.file.value === 'pairs.jsonl');
    assert.ok(dialogue?.kind === 'responses' && dialogue.responses[0]?.text === 'Hello');
  });

  it('reads what is expected, each at its key and value', () => {
    const { tests } = parseRewardTests(whole);
    const shown = tests.flatMap(({ plan }) =>
      (plan?.expectations ?? []).map((expectation) => {
        const { span, kind } = expectation;
        return [kind, 'scope' in expectation ? expectation.scope : '', whole.slice(span.start, span.end)];
      }),
    );
    assert.deepEqual(shown, [
      ['score', 'single', 'score: { min: 0.25, max: 1 }'],
      ['objective', 'single', 'fact: { min: 0.5 }'],
      ['objective', 'single', 'fact: { max: 4 }'],
      ['beats', 'single', 'beats: { text: Magic., by: 0.1 }'],
      ['score', 'all', 'score: { min: 0 }'],
      ['ranks', '', 'ranks: [short, long]'],
      ['beats', 'best', 'beats: { file: base.jsonl, id: x }'],
      ['score', 'mean', 'score: { min: 0.1 }'],
      ['accuracy', '', 'accuracy: { min: 0.9 }'],
      ['margin', '', 'margin: { min: 0 }'],
      ['score', 'single', 'score: { min: 0 }'],
    ]);
  });

  it('tells all problems of a file at once, each at its place', () => {
    const text = `modle: x
dtype: f64
tests:
  - name: a
    promt: Hello
    response: Hi
    expect: { score: { min: low } }
  - name: b
    prompt: Hello
    response: ''
    expect: { score: { min: 2, max: 1 } }
  - name: c
    prompt: Hello
    responses: { x: one, y: two }
    expect: { score: { min: 0 }, ranks: [x, z], accuracy: { min: 2 } }
  - prompt: Hello
    response: Hi
`;
    assert.deepEqual(problemsOf(text), [
      ['unknown key \`modle\`: did you mean \`model\`?', 'modle'],
      ['"f64" is not known here: one of auto, f32, f16, int8, int4', 'f64'],
      ['unknown key \`promt\`: did you mean \`prompt\`?', 'promt'],
      ['a text stands here, not a number', 'low'],
      ['the text is empty', "''"],
      ['there are several responses: put `score` under `best`, `mean` or `all`', 'score'],
      ['no response is called "z": there are x, y', 'z'],
      ['`accuracy` needs `rows`', 'accuracy'],
      ['2 is more than 1', '2'],
      ['\`name\` is missing', 'prompt'],
      ['\`expect\` is missing', 'prompt'],
    ]);
  });

  it('tells what does not go together', () => {
    const test = (lines: string): string => `tests:\n  - name: t\n${lines.replace(/^/gm, '    ')}\n`;
    const cases: readonly (readonly [lines: string, ...messages: string[]])[] = [
      [
        'prompt: a\nresponses: {x: b, y: c}\nexpect: {score: {min: 0}, ranks: [x, z], accuracy: {min: 1}}',
        'there are several responses: put `score` under `best`, `mean` or `all`',
        'no response is called "z": there are x, y',
        '`accuracy` needs `rows`',
      ],
      ['prompt: a\nresponse: b\nexpect: {score: {min: 2, max: 1}}', 'min 2 is above max 1'],
      ['prompt: a\nresponse: b\nexpect: {score: {}}', '`score` has neither `min` nor `max`'],
      ['prompt: a\nresponse: b\nexpect: {}', 'nothing is expected'],
      ['prompt: a\nresponse: b\nexpect: {best: {score: {min: 0}}}', 'there is one response: `best` can be left out'],
      ['prompt: a\nresponse: b\nexpect: {margin: {min: 0}}', '`margin` needs `ranks`, or `rows`; `beats` has `by`'],
      [
        'prompt: a\nmessages: [{role: user, content: b}]\nresponse: c\nexpect: {score: {min: 0}}',
        '`messages` beside `prompt`: one is enough',
      ],
      [
        'prompt: a\nresponse: b\nrows: c.jsonl\nexpect: {score: {min: 0}}',
        '`rows` beside `response`: one of them is scored',
      ],
      ['prompt: a\nexpect: {score: {min: 0}}', 'nothing is scored: give `response`, `responses`, `generate` or `rows`'],
      ['response: a\nexpect: {score: {min: 0}}', 'there is no conversation: give `prompt`, `messages` or `promptFile`'],
      ['prompt: a\ninputs: {x: 1}\nresponse: b\nexpect: {score: {min: 0}}', '`inputs` needs a `promptFile`'],
      ['prompt: a\nrows: b.jsonl\nexpect: {accuracy: {min: 0}}', '`prompt` beside `rows`: the rows have theirs'],
      [
        'rows: b.jsonl\nexpect: {mean: {beats: a text}}',
        'rows have no conversation in common: their baseline is a `file` with recorded scores',
      ],
      ['prompt: a\nresponse: b\nexpect: {beats: {by: 1}}', 'there is no baseline: give `text` or `file`'],
      [
        'prompt: a\nresponse: b\nexpect: {beats: {file: a.txt, id: x}}',
        '`id` needs a `file` with recorded scores (`.jsonl`)',
      ],
      ['prompt: a\nresponses: {x: b, y: c}\nexpect: {ranks: [x, x]}', '"x" stands in the ranking twice'],
      ['messages: [{role: assistant, content: a}, {role: user, content: b}]\nresponse: c\nexpect: {score: {min: 0}}'],
      [
        'messages: [{role: user, content: a}, {role: system, content: b}]\nresponse: c\nexpect: {score: {min: 0}}',
        'message 2 of the conversation with `response` is a system turn; only the first may be',
      ],
    ];
    for (const [lines, ...messages] of cases) {
      const text = test(lines);
      assert.deepEqual(
        problemsOf(text).map(([message]) => message),
        messages,
        text,
      );
    }
  });

  it('lets tests run beside one that has problems, and none when the rest of the file has some', () => {
    const good = '  - { name: good, prompt: a, response: b, expect: { score: { min: 0 } } }\n';
    const bad = '  - { name: bad, prompt: a, expect: { score: { min: 0 } } }\n';
    const inside = parseRewardTests(`tests:\n${good}${bad}`);
    assert.equal(inside.isRunnable, true);
    assert.deepEqual(
      inside.tests.map(({ plan }) => plan !== null),
      [true, false],
    );
    assert.equal(parseRewardTests(`modle: x\ntests:\n${good}`).isRunnable, false);
    assert.equal(parseRewardTests(`tests:\n${good}  - [unclosed\n`).isRunnable, false);
  });

  it('tells tests of one name apart, with a warning', () => {
    const line = '  - { name: same, prompt: a, response: b, expect: { score: { min: 0 } } }\n';
    const { tests, problems, isRunnable } = parseRewardTests(`tests:\n${line.repeat(3)}`);
    assert.deepEqual(
      tests.map(({ id, plan }) => [id, plan !== null]),
      [
        ['same', true],
        ['same (2)', true],
        ['same (3)', true],
      ],
    );
    assert.equal(isRunnable, true);
    assert.deepEqual(
      problems.map(({ severity }) => severity),
      ['warning', 'warning'],
    );
  });

  it('follows aliases, and ends where they stand for too much', () => {
    const text =
      'tests:\n  - { name: a, prompt: &p Hello, response: b, expect: { score: { min: 0 } } }\n' +
      '  - { name: b, prompt: *p, response: b, expect: { score: { min: 0 } } }\n';
    const [, second] = parseRewardTests(text).tests;
    const subject = second?.plan?.subject;
    assert.ok(subject?.kind === 'responses' && subject.conversation.kind === 'messages');
    assert.equal(subject.conversation.messages[0]?.content, 'Hello');
    const bomb = ['a0: &a0 [x, x]'];
    for (let level = 1; level < 40; level += 1) {
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    assert.ok(problemsOf(bomb.join('\n')).some(([message]) => message === 'the file holds too many values'));
    assert.ok(problemsOf('tests: &t [*t]').some(([message]) => message === 'it is nested too deeply'));
    assert.deepEqual(problemsOf('tests: *nothing')[0], ['there is no anchor &nothing before this', '*nothing']);
  });

  it('keeps the problems of tests apart, even where aliases put them all in one place', () => {
    const tests = '[{ name: a }, { name: b, prompt: x, response: [], expect: { score: { min: 0 } } }]';
    const file = parseRewardTests(`generate: &t ${tests}\ntests: *t\n`);
    for (const { plan, problems } of file.tests) assert.deepEqual([plan, 0 < problems.length], [null, true]);
    assert.equal(file.isRunnable, false, '`generate` is no list');
  });

  it('says what is wrong with a file that holds nothing of use', () => {
    for (const [text, message] of [
      ['', 'there are no tests'],
      ['# a comment\n', 'there are no tests'],
      ['- a list\n', 'there are no tests'],
      ['model: starter\n', '`tests` is missing'],
      ['tests: []\n', 'the list is empty'],
      ['tests: 3\n', 'a number stands here, not a list'],
      ['tests:\n  - 3\n', /^a number stands here, not a mapping/],
      ['['.repeat(20_000), 'it is nested too deeply'],
      ['a'.repeat(1_000_001), 'the file is longer than 1000000 characters'],
    ] as const) {
      const [first] = problemsOf(text);
      if (typeof message === 'string') assert.equal(first?.[0], message, text.slice(0, 40));
      else assert.match(first?.[0] ?? '', message);
    }
  });

  it(`never throws, and points into the text, whatever ${mutationCount} mutations make of a file`, function () {
    this.timeout(600_000);
    const random = seededRandom(5);
    const pick = (count: number): number => Math.floor(random.next() * count);
    const pieces = [
      ...'{}[]:,-#&*|>\'"!?\n\t \u0000é😀',
      '  ',
      ': ',
      '- ',
      '\n  - ',
      '*p',
      '&p ',
      'null',
      '1e999',
      '"',
    ];
    const sources = [whole, readFileSync('examples/houseplant.reward.yaml', 'utf8')];
    for (let count = 0; count < mutationCount; count += 1) {
      let text = sources[count % sources.length] ?? '';
      for (let edit = 1 + pick(4); 0 < edit; edit -= 1) {
        const start = pick(text.length + 1);
        const end = Math.min(text.length, start + pick(12));
        const moved =
          pick(3) === 0 ? text.slice(pick(text.length), pick(text.length)) : (pieces[pick(pieces.length)] ?? '');
        text = text.slice(0, start) + moved + text.slice(pick(2) === 0 ? start : end);
      }
      checkSpans(parseRewardTests(text), text);
      if (count % 10 !== 0) continue;
      const offset = pick(text.length + 1);
      const start = cursorContext(text, offset)?.start ?? offset;
      assert.ok(0 <= start && start <= offset, text);
      keyAt(text, offset);
    }
  });
});

function checkSpans({ problems, tests }: RewardTestFile, text: string): void {
  for (const { span, message } of [...problems, ...tests.map(({ span, name }) => ({ span, message: name }))]) {
    const isInside = 0 <= span.start && span.start <= span.end && span.end <= text.length;
    assert.ok(isInside, `${message} at ${span.start} to ${span.end} of ${text.length}:\n${text}`);
  }
  for (const { plan, problems: own } of tests) {
    assert.equal(
      plan === null,
      own.some(({ severity }) => severity === 'error'),
      text,
    );
  }
}
