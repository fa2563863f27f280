import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { Message } from '../../../src/core/promptFile/message';
import { readScorableRow } from '../../../src/core/promptFile/readScorableRow';
import type { ScorableRow } from '../../../src/core/promptFile/scorableRow';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const system = (content: string): Message => ({ role: 'system', content });

const good = [user('Q'), assistant('good')];
const bad = [user('Q'), assistant('bad')];
const pair: ScorableRow = {
  kind: 'pair',
  id: '7',
  chosen: { kind: 'messages', messages: good },
  rejected: { kind: 'messages', messages: bad },
};
const single = (messages: readonly Message[]): ScorableRow => ({
  kind: 'single',
  id: '7',
  input: { kind: 'messages', messages },
});

describe('readScorableRow', () => {
  const spellings: [string, unknown, ScorableRow][] = [
    ['messages', { messages: good }, single(good)],
    ['a query with its response', { query: 'Q', response: 'good', ground_truth: 'x' }, single(good)],
    ['messages without a reply', { messages: [user('Q')] }, single([user('Q')])],
    ['messages with a system turn', { messages: [system('S'), ...good] }, single([system('S'), ...good])],
    ['a greeting before the question', { messages: [assistant('Hi'), ...good] }, single([assistant('Hi'), ...good])],
    ['two user turns in a row', { messages: [user('A'), ...good] }, single([user('A'), ...good])],
    [
      'messages with text parts',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
          },
        ],
      },
      single([user('ab')]),
    ],
    ['messages with further fields', { messages: [{ ...user('Q'), name: 'x', weight: 1 }] }, single([user('Q')])],
    ['a system text beside the messages', { system: 'S', messages: good }, single([system('S'), ...good])],
    [
      "ShareGPT's conversations",
      {
        system: 'S',
        conversations: [
          { from: 'human', value: 'Q' },
          { from: 'gpt', value: 'good' },
        ],
      },
      single([system('S'), ...good]),
    ],
    ['prompt and response', { prompt: 'Q', response: 'good' }, single(good)],
    ['prompt and completion', { prompt: 'Q', completion: 'good' }, single(good)],
    ['prompt messages and completion', { prompt: [user('Q')], completion: 'good' }, single(good)],
    ['prompt messages and completion messages', { prompt: [user('Q')], completion: [assistant('good')] }, single(good)],
    ['messages and response', { messages: [user('Q')], response: 'good' }, single(good)],
    [
      'a transcript as prompt',
      { prompt: '\n\nHuman: Q\n\nAssistant:', response: ' good' },
      single([user('Q'), assistant(' good')]),
    ],
    ['text', { text: '<s> Q' }, { kind: 'single', id: '7', input: { kind: 'text', text: '<s> Q' } }],
    ['ids', { ids: [0, 5, 2] }, { kind: 'single', id: '7', input: { kind: 'ids', ids: [0, 5, 2] } }],
    ['chosen and rejected with a prompt', { prompt: 'Q', chosen: 'good', rejected: 'bad' }, pair],
    ['a prompt of null', { prompt: null, chosen: good, rejected: bad }, pair],
    ['chosen and rejected as whole dialogues', { chosen: good, rejected: bad }, pair],
    ['a prompt beside whole dialogues', { prompt: 'Q', chosen: good, rejected: bad }, pair],
    ['prompt messages beside whole dialogues', { prompt: [user('Q')], chosen: good, rejected: bad }, pair],
    [
      'prompt messages and replies as messages',
      { prompt: [user('Q')], chosen: [assistant('good')], rejected: [assistant('bad')] },
      pair,
    ],
    ['prompt messages and replies as text', { prompt: [user('Q')], chosen: 'good', rejected: 'bad' }, pair],
    ['transcripts', { chosen: '\n\nHuman: Q\n\nAssistant: good', rejected: '\n\nHuman: Q\n\nAssistant: bad' }, pair],
    ['LMFlow dialogues', { chosen: { messages: good }, rejected: { messages: bad } }, pair],
    [
      'a system turn as prompt',
      { prompt: [system('S')], chosen: good, rejected: bad },
      {
        ...pair,
        chosen: { kind: 'messages', messages: [system('S'), ...good] },
        rejected: { kind: 'messages', messages: [system('S'), ...bad] },
      },
    ],
    [
      'preferred and non-preferred output',
      {
        input: { messages: [user('Q')] },
        preferred_output: [assistant('good')],
        non_preferred_output: [assistant('bad')],
      },
      pair,
    ],
    [
      'responses',
      { prompt: 'Q', responses: ['good', [assistant('bad')]] },
      { kind: 'list', id: '7', responses: [pair.chosen, pair.rejected] },
    ],
    [
      'responses to messages',
      { messages: [user('Q')], responses: ['good'] },
      { kind: 'list', id: '7', responses: [pair.chosen] },
    ],
    ['LMFlow input and output', { input: 'Q', output: 'good' }, single(good)],
    [
      'LMFlow scored texts',
      {
        input: 'Q',
        output: [
          { score: 1, text: 'good' },
          { score: 0, text: 'bad' },
        ],
      },
      { kind: 'list', id: '7', responses: [pair.chosen, pair.rejected] },
    ],
  ];
  for (const [name, value, expected] of spellings) {
    it(`reads ${name}`, () => {
      assert.deepEqual(readScorableRow(value, '7'), expected);
    });
  }

  it('reads a transcript of several turns', () => {
    const text = '\n\nHuman: one\ntwo\n\nAssistant: A: yes\n\nnext paragraph\n\nHuman: more\n\nAssistant: end';
    const row = readScorableRow({ chosen: text, rejected: text }, '1');
    assert.deepEqual(row.kind === 'pair' && row.chosen, {
      kind: 'messages',
      messages: [user('one\ntwo'), assistant('A: yes\n\nnext paragraph'), user('more'), assistant('end')],
    });
  });

  it('takes the id of the row, text or number, and else the line', () => {
    const idOf = (id: unknown): string => readScorableRow({ id, text: 'x' }, '12').id;
    assert.deepEqual(['a', 3, 0, '', null, { a: 1 }, undefined].map(idOf), ['a', '3', '0', '12', '12', '12', '12']);
  });

  const refusals: [unknown, RegExp][] = [
    [null, /^row 7: it is null, not an object$/],
    [[1], /^row 7: it is a list, not an object$/],
    ['x', /^row 7: it is a string, not an object$/],
    [{ conversations: 'Q' }, /`conversations` is a string, not a list of turns/],
    [{ conversations: [{ from: 'human' }] }, /turn 1 of `conversations`: `value` is missing, not a string/],
    [{ conversations: [{ from: 'wizard', value: 'Q' }] }, /unknown `from` "wizard" \(known: system, human/],
    [{}, /it has none of `messages`, `prompt`/],
    [{ prompt: 'Q' }, /it has `prompt` but no `response`/],
    [{ response: 'x' }, /a response but no `prompt`/],
    [{ id: 'abc', messages: [] }, /^row abc: `messages` is empty$/],
    [{ messages: 'x' }, /`messages` is a string, not a list of messages/],
    [{ messages: ['x'] }, /message 1 of `messages` is a string, not an object with role and content/],
    [{ messages: [{ content: 'x' }] }, /message 1 of `messages`: `role` is missing/],
    [{ messages: [{ role: 'bot', content: 'x' }] }, /message 1 of `messages`: unknown role "bot" \(known: system,/],
    [{ messages: [{ role: 'user' }] }, /message 1 of `messages`: `content` is missing, not a string/],
    [{ messages: [{ role: 'user', content: null }] }, /`content` is null, not a string/],
    [{ messages: [{ role: 'user', content: 5 }] }, /`content` is a number, not a string/],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      /a content part of type "image_url" cannot be scored, only text/,
    ],
    [{ messages: [assistant('x')] }, /message 1 of `messages` is an assistant turn with no user turn before it/],
    [{ messages: [system('s'), assistant('x')] }, /message 2 of `messages` is an assistant turn with no user turn/],
    [
      { messages: [assistant('x'), user('Q')] },
      /message 1 of `messages` is an assistant turn with no user turn before it/,
    ],
    [{ messages: [user('a'), system('s')] }, /message 2 of `messages` is a system turn; only the first may be/],
    [{ messages: [...good, assistant('x')] }, /message 3 of `messages` is an assistant turn right after another/],
    [{ messages: [user('a'), assistant(' \n')] }, /the last turn of `messages` is empty/],
    [{ prompt: 'Q', response: '' }, /^row 7: `response` is empty$/],
    [{ prompt: ' ', response: 'x' }, /`prompt` is empty/],
    [{ prompt: 5, response: 'x' }, /`prompt` is a number, neither a string nor a list of messages/],
    [{ prompt: 'Q', response: null }, /`response` is null, neither a string nor a list of messages/],
    [
      { prompt: good, response: 'x' },
      /message 3 of the conversation with `response` is an assistant turn right after another/,
    ],
    [{ chosen: good }, /`rejected` is missing/],
    [{ rejected: good }, /`chosen` is missing/],
    [{ chosen: [user('Q')], rejected: bad }, /^row 7: `chosen` ends with a user turn, not with an assistant turn$/],
    [{ chosen: 'a', rejected: 'b' }, /`chosen` is text without a `prompt`/],
    [{ chosen: [assistant('a')], rejected: [assistant('b')] }, /`chosen` is a reply without a `prompt`/],
    [{ prompt: 'Q', chosen: 'a', rejected: '' }, /^row 7: `rejected` is empty$/],
    [{ prompt: 'Q', chosen: ['a', 'b'], rejected: ['c'] }, /message 1 of `chosen` is a string/],
    [{ prompt: 'Q', chosen: 1, rejected: 'b' }, /`chosen` is a number, neither a string nor a list of messages/],
    [{ chosen: '\n\nHuman: Q\n\nAssistant:', rejected: '\n\nHuman: Q' }, /`chosen` ends with a user turn/],
    [
      { input: 'x', preferred_output: [], non_preferred_output: [] },
      /`input` is a string, not an object with `messages`/,
    ],
    [{ input: { messages: [user('Q')] }, preferred_output: [assistant('a')] }, /`non_preferred_output` is missing/],
    [{ prompt: 'Q', responses: [] }, /`responses` is empty/],
    [{ prompt: 'Q', responses: 'x' }, /`responses` is a string, not a list/],
    [{ responses: ['x'] }, /`prompt` is missing/],
    [{ prompt: 'Q', responses: ['x', ''] }, /^row 7: response 2 is empty$/],
    [{ text: '' }, /`text` is empty/],
    [{ text: 1 }, /`text` is a number, not a string/],
    [{ ids: [] }, /`ids` is empty/],
    [{ ids: '1' }, /`ids` is a string, not a list of token ids/],
    [{ ids: [1, 2.5] }, /element 2 of `ids` is 2.5, not a token id/],
    [{ ids: [-1] }, /element 1 of `ids` is -1, not a token id/],
    [{ ids: ['1'] }, /element 1 of `ids` is "1", not a token id/],
    [{ ids: [2 ** 40] }, /not a token id/],
  ];
  for (const [value, message] of refusals) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(
        () => readScorableRow(value, '7'),
        (error) => error instanceof AlidadeError && error.code === 'row' && message.test(error.message),
      );
    });
  }
});
