import assert from 'node:assert/strict';
import { readEvents } from '../support/readEvents';
import { errorOf, useServer } from '../support/useServer';

const path = '/v1/completions';

interface Body {
  readonly object: string;
  readonly choices: readonly {
    readonly index: number;
    readonly text: string;
    readonly logprobs: unknown;
    readonly finish_reason: string | null;
  }[];
  readonly usage: object;
}

describe('completions', () => {
  const start = useServer();

  it('continue texts and token ids, one or many, each as often as asked', async () => {
    const { post, service } = await start();
    const complete = async (prompt: unknown, rest: object = {}): Promise<Body> =>
      (await (await post(path, { prompt, ...rest })).json()) as Body;
    const one = await complete('one two');
    assert.deepEqual(one.object, 'text_completion');
    assert.deepEqual(one.choices, [{ index: 0, text: 'onetwo', logprobs: null, finish_reason: 'stop' }]);
    assert.deepEqual(one.usage, { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 });
    const many = await complete(['a', 'b c'], { n: 2 });
    assert.deepEqual(
      many.choices.map(({ index, text }) => [index, text]),
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'bc'],
        [3, 'bc'],
      ],
    );
    assert.deepEqual(many.usage, { prompt_tokens: 4, completion_tokens: 6, total_tokens: 10 });
    await complete([1, 2]);
    await complete([[3], [4, 5]]);
    assert.deepEqual(
      service.generations.slice(-3).map(({ prompt }) => prompt),
      [
        { kind: 'ids', ids: [1, 2] },
        { kind: 'ids', ids: [3] },
        { kind: 'ids', ids: [4, 5] },
      ],
    );
    assert.equal(service.generations[0].maxNewTokens, 16);
  });

  it('give the prompt back with its probabilities, in the lists that lm-eval adds up', async () => {
    const { post, service } = await start();
    const asked = { prompt: [[7]], max_tokens: 1, logprobs: 1, echo: true, temperature: 0, seed: 1234 };
    const { choices } = (await (await post(path, asked)).json()) as Body;
    assert.deepEqual(choices[0].text, '77');
    assert.deepEqual(choices[0].logprobs, {
      tokens: ['7', '7', '<end>'],
      token_logprobs: [null, -0.5, -0.5],
      top_logprobs: [null, { best: -0.25, 7: -0.5 }, { best: -0.25, '<end>': -0.5 }],
      text_offset: [0, 1, 2],
    });
    assert.deepEqual(
      [service.generations[0].alternatives, service.generations[0].echo, service.generations[0].maxNewTokens],
      [1, true, 1],
    );
    assert.equal((await post(path, { prompt: 'a', max_tokens: 0, echo: true })).status, 200);
    assert.equal(service.generations[1].maxNewTokens, 0);
  });

  it('stream each choice under its own number', async () => {
    const { post } = await start();
    const asked = { prompt: ['a b', 'c'], stream: true, echo: true, logprobs: 0 };
    const events = readEvents(await (await post(path, asked)).text());
    assert.equal(events.pop(), '[DONE]');
    const texts = ['', ''];
    const offsets: number[][] = [[], []];
    for (const event of events) {
      const { choices } = JSON.parse(event) as Body;
      const [{ index, text, logprobs }] = choices;
      texts[index] += text;
      offsets[index].push(...((logprobs as { text_offset: number[] } | null)?.text_offset ?? []));
    }
    assert.deepEqual(texts, ['a bab', 'cc']);
    assert.deepEqual(offsets, [
      [0, 3, 4, 5],
      [0, 1, 2],
    ]);
  });

  it('refuse prompts that are none', async () => {
    const { post } = await start();
    for (const prompt of [undefined, '', [], [''], [[]], [1, 'a'], [[1], 'a', 2], { text: 'a' }, 5, [[1, 'a']]]) {
      const response = await post(path, { prompt });
      assert.deepEqual([response.status, (await errorOf(response)).param], [400, 'prompt'], JSON.stringify(prompt));
    }
    const infill = await post(path, { prompt: 'a', suffix: 'b' });
    assert.equal((await errorOf(infill)).code, 'unsupported_parameter');
  });
});
