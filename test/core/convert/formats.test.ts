import assert from 'node:assert/strict';
import { convertRow } from '../../../src/core/convert/convertRow';
import { findFormat } from '../../../src/core/convert/conversionFormats';

interface Converted {
  readonly rows: readonly unknown[];
  readonly problem: string | null;
  readonly losses: readonly string[];
}

function convert(value: unknown, to: string, isLossy = false): Converted {
  const format = findFormat(to);
  assert.ok(format, to);
  const { rows, problem, losses } = convertRow({ value, from: null, to: format, isLossy });
  return { rows, problem, losses: losses.map(({ what }) => what) };
}

/** The one row that is written. */
function row(value: unknown, to: string, isLossy = false): unknown {
  const { rows, problem } = convert(value, to, isLossy);
  assert.equal(problem, null);
  assert.equal(rows.length, 1);
  return rows[0];
}

const user = { role: 'user', content: 'Q' };
const good = { role: 'assistant', content: 'good' };
const bad = { role: 'assistant', content: 'bad' };
const pair = { prompt: 'Q', chosen: 'good', rejected: 'bad' };
const whole = { chosen: [user, good], rejected: [user, bad] };

describe('formats of conversion', () => {
  const cases: readonly (readonly [to: string, from: unknown, expected: unknown])[] = [
    ['trl-text', { text: 'all' }, { text: 'all' }],
    ['trl-messages', { prompt: 'Q', completion: 'good' }, { messages: [user, good] }],
    ['trl-prompt', { messages: [user] }, { prompt: 'Q' }],
    ['trl-prompt-chat', { prompt: 'Q' }, { prompt: [user] }],
    ['trl-completion', { messages: [user, good] }, { prompt: 'Q', completion: 'good' }],
    ['trl-completion-chat', { query: 'Q', response: 'good' }, { prompt: [user], completion: [good] }],
    ['trl-preference', whole, pair],
    ['trl-preference-chat', pair, { prompt: [user], chosen: [good], rejected: [bad] }],
    [
      'trl-implicit-preference',
      pair,
      { chosen: '\n\nHuman: Q\n\nAssistant: good', rejected: '\n\nHuman: Q\n\nAssistant: bad' },
    ],
    ['trl-implicit-preference-chat', pair, whole],
    ['rlhflow', pair, whole],
    ['openrlhf', { ...pair, margin: 2 }, { ...whole, margin: 2 }],
    ['rewardbench-cli', pair, whole],
    ['rewardbench', { ...whole, subset: 'donotanswer', id: 3 }, { ...pair, subset: 'donotanswer', id: 3 }],
    ['rewardbench-2', pair, { prompt: 'Q', chosen: ['good'], rejected: ['bad'] }],
    ['trl-unpaired', { prompt: 'Q', completion: 'good', label: 1 }, { prompt: 'Q', completion: 'good', label: true }],
    [
      'trl-unpaired-chat',
      { prompt: 'Q', completion: 'bad', label: 'False' },
      { prompt: [user], completion: [bad], label: false },
    ],
    [
      'trl-stepwise',
      { prompt: 'Q', completions: ['a', 'b'], labels: [true, 0] },
      { prompt: 'Q', completions: ['a', 'b'], labels: [true, false] },
    ],
    ['responses', { input: 'Q', output: ['good', 'bad'] }, { prompt: 'Q', responses: ['good', 'bad'] }],
    ['openai-chat', { prompt: 'Q', completion: 'good' }, { messages: [user, good] }],
    ['openai-dpo', whole, { input: { messages: [user] }, preferred_output: [good], non_preferred_output: [bad] }],
    [
      'sharegpt',
      { messages: [{ role: 'system', content: 'S' }, user, good] },
      {
        conversations: [
          { from: 'system', value: 'S' },
          { from: 'human', value: 'Q' },
          { from: 'gpt', value: 'good' },
        ],
      },
    ],
    [
      'sharegpt-preference',
      pair,
      {
        conversations: [{ from: 'human', value: 'Q' }],
        chosen: { from: 'gpt', value: 'good' },
        rejected: { from: 'gpt', value: 'bad' },
      },
    ],
    [
      'chatml',
      { messages: [user, good] },
      { text: '<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\ngood<|im_end|>\n' },
    ],
    ['lmflow-text_only', { text: 'all' }, { text: 'all' }],
    ['lmflow-text2text', { messages: [user, good] }, { input: 'Q', output: 'good' }],
    [
      'lmflow-conversation',
      { id: 'c1', messages: [{ role: 'system', content: 'S' }, user, good], tools: [{ name: 'look' }] },
      { conversation_id: 'c1', system: 'S', tools: ['{"name":"look"}'], messages: [user, good] },
    ],
    ['lmflow-paired_conversation', pair, { chosen: { messages: [user, good] }, rejected: { messages: [user, bad] } }],
    ['lmflow-paired_text_to_text', { ...whole, margin: 0.5 }, { ...pair, margin: 0.5 }],
    ['lmflow-text_to_textlist', { prompt: 'Q', responses: ['a', 'b'] }, { input: 'Q', output: ['a', 'b'] }],
    [
      'lmflow-text_to_scored_textlist',
      { ...pair, score_chosen: 1, score_rejected: -1 },
      {
        input: 'Q',
        output: [
          { score: 1, text: 'good' },
          { score: -1, text: 'bad' },
        ],
      },
    ],
    ['foundry', { input: 'Q', target: '42' }, { query: 'Q', ground_truth: '42' }],
    [
      'inspect',
      { query: 'Q', ground_truth: '42', topic: 'sums', id: 7 },
      { id: 7, input: 'Q', target: '42', metadata: { topic: 'sums' } },
    ],
    ['openrlhf-prompts', { query: 'Q', ground_truth: '42' }, { input: 'Q', label: '42' }],
    [
      'promptfoo-tests',
      { query: 'Q', response: 'good', ground_truth: '42', id: 7 },
      { vars: { prompt: 'Q', ground_truth: '42' }, providerOutput: 'good', metadata: { id: 7 } },
    ],
  ];
  for (const [to, from, expected] of cases) {
    it(`writes ${to} as its readers have it`, () => assert.deepEqual(row(from, to), expected));
  }

  it('reads results of promptfoo, with their scores', () => {
    const result = {
      prompt: { raw: 'Q', label: 'x' },
      response: { output: 'good' },
      score: 0.5,
      success: true,
      namedScores: { brief: 0.25 },
      gradingResult: { reason: 'fine' },
      provider: { id: 'echo' },
      vars: { ground_truth: '42' },
    };
    assert.deepEqual(row(result, 'trl-completion'), {
      prompt: 'Q',
      completion: 'good',
      score: 0.5,
      ground_truth: '42',
      provider: 'echo',
      success: true,
      namedScores: { brief: 0.25 },
      reason: 'fine',
    });
  });

  it('keeps columns that mean nothing to it beside those of an open format', () => {
    const odd = { ...whole, source: 'web', chosen_model: 'm', nested: { a: [1] } };
    assert.deepEqual(row(odd, 'trl-preference'), { ...pair, source: 'web', chosen_model: 'm', nested: { a: [1] } });
  });

  it('keeps columns with the names of what every object has', () => {
    const odd = JSON.parse('{"prompt":"Q","completion":"good","constructor":"a","__proto__":{"b":1}}') as object;
    assert.equal(
      JSON.stringify(row(odd, 'trl-completion')),
      '{"prompt":"Q","completion":"good","constructor":"a","__proto__":{"b":1}}',
    );
  });

  it('refuses what is nested too deeply to be written', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    assert.equal(convert({ ...pair, deep }, 'rlhflow').problem, 'it is nested too deeply');
    assert.equal(
      convert({ messages: [{ ...user, deep }, good], deep }, 'trl-messages').problem,
      'it is nested too deeply',
    );
  });

  it("takes UltraFeedback's prompt out of its dialogues", () => {
    const ultra = { prompt: 'Q', ...whole, score_chosen: 8, score_rejected: 2 };
    assert.deepEqual(row(ultra, 'rlhflow'), { ...whole, score_chosen: 8, score_rejected: 2 });
    assert.match(convert({ prompt: 'other', ...whole }, 'rlhflow').problem ?? '', /`prompt` does not occur/);
  });

  it('begins the replies of a whole pair where they part', () => {
    const follow = { role: 'user', content: 'more' };
    const long = { chosen: [user, good, follow, good], rejected: [user, bad] };
    assert.deepEqual(row(long, 'trl-preference-chat'), {
      prompt: [user],
      chosen: [good, follow, good],
      rejected: [bad],
    });
  });
});

describe('what a format cannot hold', () => {
  const call = { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function' }] };
  const image = {
    role: 'user',
    content: [
      { type: 'text', text: 'Q' },
      { type: 'image_url', image_url: {} },
    ],
  };
  const losses: readonly (readonly [what: string, value: unknown, to: string, kept: unknown])[] = [
    ['tool calls', { messages: [user, call, { role: 'tool', content: 'r' }, good] }, 'sharegpt', null],
    ['images and other parts that are no text', { messages: [image, good] }, 'lmflow-conversation', null],
    ['scores', { ...pair, score_chosen: 1, score_rejected: 0 }, 'openai-dpo', null],
    ['margins', { ...pair, margin: 1 }, 'openai-dpo', null],
    [
      'further replies',
      { prompt: 'Q', chosen: ['a'], rejected: ['b', 'c'] },
      'trl-preference',
      { prompt: 'Q', chosen: 'a', rejected: 'b' },
    ],
    ['further replies', pair, 'trl-completion', { prompt: 'Q', completion: 'good', label: true }],
    ['replies', pair, 'trl-prompt', { prompt: 'Q' }],
    ['labels', { prompt: 'Q', completion: 'good', label: true }, 'openai-chat', { messages: [user, good] }],
    ['right answers', { query: 'Q', response: 'good', ground_truth: 'x' }, 'openai-chat', { messages: [user, good] }],
    [
      'the labels of the steps',
      { prompt: 'Q', completions: ['a', 'b'], labels: [true, false] },
      'trl-completion',
      { prompt: 'Q', completion: 'a\nb' },
    ],
    [
      'turns of the prompt, which becomes a transcript',
      { messages: [user, good, user, bad] },
      'trl-completion',
      { prompt: '\n\nHuman: Q\n\nAssistant: good\n\nHuman: Q\n\nAssistant:', completion: 'bad' },
    ],
    ['where the reply begins', { prompt: 'Q', completion: 'good' }, 'trl-text', { text: 'Qgood' }],
  ];
  for (const [what, value, to, kept] of losses) {
    it(`refuses rows that would lose ${what} in ${to}, and drops it when told to`, () => {
      const refused = convert(value, to);
      assert.ok(refused.problem?.includes(what), String(refused.problem));
      assert.deepEqual(refused.rows, []);
      const lossy = convert(value, to, true);
      assert.equal(lossy.problem, null);
      assert.ok(lossy.losses.includes(what), lossy.losses.join());
      if (kept !== null) assert.deepEqual(lossy.rows, [kept]);
    });
  }

  it('drops ids and other columns where there is no place for them, and says so', () => {
    const { rows, losses: dropped } = convert(
      { ...pair, id: 'a', subset: 's', source: 'web' },
      'lmflow-paired_text_to_text',
    );
    assert.deepEqual(rows, [pair]);
    assert.deepEqual([...dropped].sort(), ['column source', 'ids', 'subsets']);
  });

  it('lets scores stand against labels, and says where they do', () => {
    const contradicted = { ...pair, score_chosen: -1, score_rejected: 1 };
    const { problem, losses: dropped } = convert(contradicted, 'lmflow-text_to_scored_textlist');
    assert.deepEqual([problem, dropped], [null, ['labels that their scores contradict']]);
  });

  it('makes two rows of a pair where each reply has its own, when told to', () => {
    assert.match(convert(pair, 'trl-unpaired').problem ?? '', /which replies belong together/);
    assert.deepEqual(convert(pair, 'trl-unpaired', true).rows, [
      { prompt: 'Q', completion: 'good', label: true },
      { prompt: 'Q', completion: 'bad', label: false },
    ]);
  });

  const never: readonly (readonly [value: unknown, to: string, problem: RegExp])[] = [
    [5, 'trl-text', /a number, not an object/],
    [{ a: 1, b: 2 }, 'trl-text', /no format has its members \(a, b\)/],
    [{ instruction: 'x', input: '', output: 'y' }, 'trl-messages', /no format has its members/],
    [{ text: 'plain' }, 'trl-messages', /not divided into turns/],
    [{ prompt: 'Q', completion: 'x' }, 'trl-preference', /one reply, and a pair needs two/],
    [{ prompt: 'Q' }, 'trl-completion', /no reply/],
    [{ prompt: 'Q', completion: 'x' }, 'trl-unpaired', /nothing says whether/],
    [{ prompt: 'Q', responses: ['a', 'b'] }, 'trl-preference', /neither labels nor scores/],
    [{ prompt: 'Q', responses: ['a', 'b'], scores: [1, 1] }, 'trl-preference', /same score/],
    [pair, 'trl-stepwise', /not divided into labelled steps/],
    [pair, 'lmflow-text_to_scored_textlist', /reply 1 has no score/],
    [{ messages: [user, user, good] }, 'lmflow-conversation', /turn 2 is out of order/],
    [{ messages: [user] }, 'lmflow-conversation', /no reply/],
    [{ chosen: 'a', rejected: 'b' }, 'rlhflow', /transcript/],
    [{ chosen: [user, good] }, 'rlhflow', /`rejected` is missing/],
    [{ prompt: 'Q', completions: ['a'], labels: [1, 0] }, 'trl-stepwise', /1 elements, and `labels` has 2/],
    [{ conversations: [{ from: 'nobody', value: 'x' }] }, 'trl-messages', /unknown `from` "nobody"/],
    [{ prompt: 'use {{x}}' }, 'promptfoo-tests', /template marks/],
    [{ messages: [{ role: 'user', content: '<|im_end|>' }] }, 'chatml', /marks of ChatML/],
    [{ messages: [{ role: 'user', content: null }] }, 'trl-messages', /neither `content` nor tool calls/],
  ];
  for (const [value, to, problem] of never) {
    it(`refuses ${JSON.stringify(value)} for ${to}, losses or not`, () => {
      for (const isLossy of [false, true]) assert.match(convert(value, to, isLossy).problem ?? '', problem);
    });
  }
});
