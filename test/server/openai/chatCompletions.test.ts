import assert from 'node:assert/strict';
import { readEvents } from '../support/readEvents';
import { errorOf, useServer } from '../support/useServer';

const path = '/v1/chat/completions';
const messages = [{ role: 'user', content: 'one two three' }];

interface Chunk {
  readonly id: string;
  readonly object: string;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly delta: { readonly role?: string; readonly content?: string };
    readonly logprobs: { readonly content: readonly { readonly token: string }[] } | null;
    readonly finish_reason: string | null;
  }[];
  readonly usage?: object | null;
}

describe('chat completions', () => {
  const start = useServer();

  it('answer in the shape of the API', async () => {
    const { post } = await start();
    const response = await post(path, { model: 'any', messages, n: 2 });
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    const { id, created, ...body } = (await response.json()) as Record<string, unknown>;
    assert.match(String(id), /^chatcmpl-[0-9a-f]{32}$/);
    assert.ok(Math.abs(Number(created) - Date.now() / 1000) < 60);
    const choice = (index: number): object => ({
      index,
      message: { role: 'assistant', content: 'onetwothree', refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    });
    assert.deepEqual(body, {
      object: 'chat.completion',
      model: 'fake',
      choices: [choice(0), choice(1)],
      usage: { prompt_tokens: 13, completion_tokens: 6, total_tokens: 19 },
    });
  });

  it('stream server-sent events that end with [DONE]', async () => {
    const { post } = await start();
    const response = await post(path, { messages, stream: true });
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    const events = readEvents(await response.text());
    assert.equal(events.pop(), '[DONE]');
    const chunks = events.map((event) => JSON.parse(event) as Chunk);
    assert.ok(chunks.every(({ object, id }) => object === 'chat.completion.chunk' && id === chunks[0].id));
    assert.ok(chunks.every((chunk) => !('usage' in chunk)));
    assert.deepEqual(
      chunks.map(({ choices: [{ delta, finish_reason }] }) => [delta, finish_reason]),
      [
        [{ role: 'assistant', content: '' }, null],
        [{ content: 'one' }, null],
        [{ content: 'two' }, null],
        [{ content: 'three' }, null],
        [{}, 'stop'],
      ],
    );
  });

  it('stream the usage last when it is asked for', async () => {
    const { post } = await start();
    const response = await post(path, { messages, stream: true, stream_options: { include_usage: true } });
    const chunks = readEvents(await response.text())
      .slice(0, -1)
      .map((event) => JSON.parse(event) as Chunk);
    const last = chunks.pop();
    assert.deepEqual(last?.choices, []);
    assert.deepEqual(last.usage, { prompt_tokens: 13, completion_tokens: 3, total_tokens: 16 });
    assert.ok(chunks.every(({ usage }) => usage === null));
  });

  it('tell how likely each token was, the ending token left out', async () => {
    const { post } = await start();
    const asked = { messages: [{ role: 'user', content: 'é' }], logprobs: true, top_logprobs: 1 };
    const { choices } = (await (await post(path, asked)).json()) as { choices: [{ logprobs: unknown }] };
    assert.deepEqual(choices[0].logprobs, {
      content: [
        {
          token: 'é',
          logprob: -0.5,
          bytes: [0xc3, 0xa9],
          top_logprobs: [{ token: 'best', logprob: -0.25, bytes: [98, 101, 115, 116] }],
        },
      ],
      refusal: null,
    });
    const events = readEvents(await (await post(path, { ...asked, stream: true })).text());
    const tokens = events
      .slice(0, -1)
      .flatMap((event) => (JSON.parse(event) as Chunk).choices)
      .flatMap(({ logprobs }) => logprobs?.content ?? [])
      .map(({ token }) => token);
    assert.deepEqual(tokens, ['é']);
  });

  it('give the model what was asked for', async () => {
    const { post, service } = await start();
    const parts = [{ type: 'text', text: 'a' }];
    const asked = {
      messages: [
        { role: 'system', content: 'S' },
        { role: 'user', content: parts },
      ],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      max_completion_tokens: 7,
      max_tokens: 9,
      seed: 5,
      stop: 'END',
      user: 'someone',
      frequency_penalty: 0,
      logit_bias: {},
      tools: [],
      response_format: { type: 'text' },
    };
    assert.equal((await post(path, asked)).status, 200);
    assert.deepEqual(service.generations[0], {
      prompt: {
        kind: 'messages',
        messages: [
          { role: 'system', content: 'S' },
          { role: 'user', content: 'a' },
        ],
      },
      count: 1,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      maxNewTokens: 7,
      seed: 5,
      stopTexts: ['END'],
      ignoreEndOfSequence: false,
      alternatives: null,
      echo: false,
    });
    assert.equal((await post(path, { messages, seed: null, stop: null, logprobs: null })).status, 200);
    const [, { seed, temperature, topP, maxNewTokens, stopTexts }] = service.generations;
    assert.deepEqual([temperature, topP, maxNewTokens, stopTexts], [1, 1, 1024, []]);
    assert.ok(Number.isInteger(seed));
    await post(path, { messages });
    assert.notEqual(service.generations[2].seed, seed, 'without a seed two answers differ');
  });

  it('refuse what they cannot do, and name the field', async () => {
    const { post, service } = await start();
    const user = { role: 'user', content: 'a' };
    for (const [fields, param] of [
      [{ messages: undefined }, 'messages'],
      [{ messages: [] }, 'messages'],
      [{ messages: 'Hi' }, 'messages'],
      [{ messages: [{ role: 'user', content: null }] }, 'messages'],
      [{ messages: [{ role: 'robot', content: 'a' }] }, 'messages'],
      [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: 'x' }] }] }, 'messages'],
      [{ temperature: -1 }, 'temperature'],
      [{ temperature: '1' }, 'temperature'],
      [{ top_p: 2 }, 'top_p'],
      [{ n: 0 }, 'n'],
      [{ n: 1.5 }, 'n'],
      [{ n: 1e9 }, 'n'],
      [{ max_tokens: 0 }, 'max_tokens'],
      [{ max_tokens: 1e300 }, 'max_tokens'],
      [{ seed: 0.5 }, 'seed'],
      [{ stop: '' }, 'stop'],
      [{ stop: ['a', 3] }, 'stop'],
      [{ stop: Array.from({ length: 17 }, () => 'a') }, 'stop'],
      [{ stream: 'yes' }, 'stream'],
      [{ stream_options: 1 }, 'stream_options'],
      [{ logprobs: 1 }, 'logprobs'],
      [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
      [{ top_logprobs: 2 }, 'top_logprobs'],
      [{ tools: [{ type: 'function' }] }, 'tools'],
      [{ response_format: { type: 'json_object' } }, 'response_format'],
      [{ logit_bias: { 5: 1 } }, 'logit_bias'],
      [{ presence_penalty: 1 }, 'presence_penalty'],
      [{ best_of: 2 }, 'best_of'],
    ] as const) {
      const response = await post(path, { ...{ messages: [user] }, ...fields });
      assert.equal(response.status, 400, JSON.stringify(fields));
      const error = await errorOf(response);
      assert.equal(error.param, param, JSON.stringify(fields));
      assert.equal(error.type, 'invalid_request_error');
    }
    assert.deepEqual(service.generations, []);
  });

  it('fail with a status while nothing has been sent, and inside the stream afterwards', async () => {
    const { post, errors } = await start();
    const say = (content: string): Promise<Response> =>
      post(path, { messages: [{ role: 'user', content }], stream: true });
    const early = await say('too long');
    assert.deepEqual(
      [early.status, await errorOf(early)],
      [
        400,
        {
          message: 'too long: shorten it',
          type: 'invalid_request_error',
          param: null,
          code: 'context_length_exceeded',
        },
      ],
    );
    const late = await say('then break');
    assert.equal(late.status, 200);
    const events = readEvents(await late.text());
    assert.deepEqual(JSON.parse(events.at(-1) ?? ''), {
      error: { message: 'the device was lost', type: 'server_error', param: null, code: 'device' },
    });
    assert.match(errors[0], /the device was lost/);
  });
});
