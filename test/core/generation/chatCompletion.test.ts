import assert from 'node:assert/strict';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { ChatCompletionBody, EndpointRefusal } from '../../../src/core/generation/chatCompletion';
import {
  adaptChatBody,
  describeEndpointRefusal,
  readChatCompletion,
  readChatEndpoint,
  readModelNames,
} from '../../../src/core/generation/chatCompletion';

const body: ChatCompletionBody = { messages: [], temperature: 1, n: 4, seed: 3, max_tokens: 9, stream: false };

function refusal(status: number, text: string): EndpointRefusal {
  return { status, text, from: 'http://host', hasKey: true, retryAfter: null };
}

describe('chat completions of OpenAI-compatible servers', () => {
  it('are found below any usual form of the address', () => {
    for (const address of [
      'http://host:8000',
      ' http://host:8000/ ',
      'http://host:8000/v1',
      'http://host:8000/v1/',
      'http://host:8000/v1/chat/completions',
    ]) {
      assert.deepEqual(readChatEndpoint(address), {
        chatUrl: 'http://host:8000/v1/chat/completions',
        modelsUrl: 'http://host:8000/v1/models',
        origin: 'http://host:8000',
      });
    }
    assert.equal(readChatEndpoint('https://host/api/v3').chatUrl, 'https://host/api/v3/chat/completions');
    for (const address of ['', 'host', 'ftp://host', 'javascript:alert(1)']) {
      assert.throws(
        () => readChatEndpoint(address),
        (error) => error instanceof AlidadeError && error.code === 'usage',
      );
    }
  });

  it('are read with what is cut off marked, and without choices that say nothing', () => {
    const choices = [
      { message: { content: 'Blue.' }, finish_reason: 'stop' },
      { message: { content: 'Re' }, finish_reason: 'length' },
      { message: { content: null, tool_calls: [] }, finish_reason: 'tool_calls' },
      null,
    ];
    assert.deepEqual(readChatCompletion(JSON.stringify({ choices }), 'x'), [
      { text: 'Blue.', finishReason: 'stop' },
      { text: 'Re', finishReason: 'length' },
    ]);
  });

  it('are asked for in another form only where the refusal is about that', () => {
    const { n: _n, ...single } = body;
    const { seed: _seed, ...unseeded } = body;
    const { max_tokens: _limit, ...unlimited } = body;
    const openAi = '{"error":{"message":"Unsupported parameter","param":"n"}}';
    for (const text of ['`n` must be 1', "'n' is not supported", 'n > 1 is not allowed', openAi]) {
      assert.deepEqual(adaptChatBody(body, refusal(400, text)), single, text);
    }
    assert.deepEqual(adaptChatBody(body, refusal(422, 'Extra inputs: body.seed')), unseeded);
    assert.deepEqual(adaptChatBody(body, refusal(400, "Use 'max_completion_tokens' instead.")), {
      ...unlimited,
      max_completion_tokens: 9,
    });
    for (const [status, text] of [
      [400, 'The model does not exist'],
      [400, 'temperature must be in [0, 2]'],
      [500, '`n` must be 1'],
      [401, 'seed'],
    ] as const) {
      assert.equal(adaptChatBody(body, refusal(status, text)), null, text);
    }
    assert.equal(adaptChatBody(single, refusal(400, '`n` must be 1')), null, 'not twice');
  });

  it('that are refused are told in the words of the server, whatever their shape', () => {
    for (const text of [
      '{"error":{"message":"Out of memory"}}',
      '{"error":"Out of memory"}',
      '{"message":"Out of memory"}',
      '{"detail":"Out of memory"}',
      'Out of\n  memory',
    ]) {
      assert.equal(describeEndpointRefusal(refusal(500, text)).message, 'http://host answered 500: Out of memory');
    }
    assert.equal(describeEndpointRefusal(refusal(502, '')).message, 'http://host answered 502');
    assert.ok(describeEndpointRefusal(refusal(500, 'x'.repeat(10_000))).message.length < 300);
    assert.match(describeEndpointRefusal({ ...refusal(429, ''), retryAfter: 7 }).hint ?? '', /in 7 s/);
  });

  it('name their models, or nothing', () => {
    assert.deepEqual(readModelNames('{"object":"list","data":[{"id":"a"},{"id":7},{"id":"b"}]}'), ['a', 'b']);
    assert.deepEqual(readModelNames('{"data":{}}'), []);
    assert.deepEqual(readModelNames('<html>'), []);
  });
});
