import assert from 'node:assert/strict';
import { parseDataLine } from '../../../src/core/promptFile/parseDataFile';
import type { RowPrompt } from '../../../src/core/promptFile/promptOfRow';
import { promptOfRow } from '../../../src/core/promptFile/promptOfRow';
import { RowProblem } from '../../../src/core/promptFile/rowProblem';

const user = { role: 'user', content: 'Name a colour.' };

function promptOf(value: unknown): RowPrompt {
  return promptOfRow(parseDataLine(JSON.stringify(value), 0)?.row ?? null, value);
}

describe('the prompt of a data row', () => {
  it('is the conversation before the response, which is kept beside it', () => {
    const expected = { messages: [user], responses: [{ role: 'response', text: 'Blue.' }] };
    assert.deepEqual(promptOf({ messages: [user, { role: 'assistant', content: 'Blue.' }] }), expected);
    assert.deepEqual(promptOf({ prompt: 'Name a colour.', response: 'Blue.' }), expected);
  });

  it('is what both replies of a pair, or all of a list, answer', () => {
    assert.deepEqual(promptOf({ prompt: 'Name a colour.', chosen: 'Blue.', rejected: 'No.' }), {
      messages: [user],
      responses: [
        { role: 'chosen', text: 'Blue.' },
        { role: 'rejected', text: 'No.' },
      ],
    });
    const list = promptOf({ prompt: 'Name a colour.', responses: ['Blue.', 'Red.'] });
    assert.deepEqual(
      list.responses.map(({ text }) => text),
      ['Blue.', 'Red.'],
    );
  });

  it('is the whole of a conversation that nobody has answered yet, and of a prompt alone', () => {
    const expected = { messages: [user], responses: [] };
    assert.deepEqual(promptOf({ messages: [user] }), expected);
    assert.deepEqual(promptOf({ prompt: 'Name a colour.' }), expected);
    assert.deepEqual(promptOf({ prompt: [user] }), expected);
  });

  it('is refused where there is none, or more than one', () => {
    const refuses = (value: unknown, message: RegExp): void => {
      assert.throws(
        () => promptOf(value),
        (error) => error instanceof RowProblem && message.test(error.message),
      );
    };
    refuses({ text: '<|user|>Hi' }, /templated text/);
    refuses({ messages: [{ role: 'assistant', content: 'Hi' }] }, /no turn before the response/);
    refuses({ id: 1 }, /no `messages`, `prompt` or `query`/);
    refuses([1], /no prompt/);
    refuses(
      {
        chosen: [user, { role: 'assistant', content: 'Blue.' }],
        rejected: [
          { role: 'user', content: 'Other' },
          { role: 'assistant', content: 'No.' },
        ],
      },
      /differ/,
    );
  });
});
