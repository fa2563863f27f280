import assert from 'node:assert/strict';
import type { GeneratedAnswer } from '../../../src/core/generation/generatedAnswer';
import type { Message } from '../../../src/core/promptFile/message';
import { answerMessages } from '../../../src/engine/generation/answerMessages';
import type { AnswerMessagesParams } from '../../../src/engine/generation/answerMessages';
import { generate } from '../../../src/engine/generation/generate';
import { openLanguageModel } from '../../../src/engine/generation/languageModel';
import type { LanguageModel } from '../../../src/engine/generation/languageModel';
import { livelyTensors } from '../../fixtures/openTinySession';
import { quietContext } from '../../fixtures/quietContext';
import { useEvaluationRecord } from '../../fixtures/recordEvaluations';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, tinyChatTemplate, tinyTokens, writeTinyModel } from '../../fixtures/tinyModel';

const config = {
  ...tinyCausal('llama'),
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 261,
  rms_norm_eps: 1e-5,
  eos_token_id: 300,
};
const messages: readonly Message[] = [{ role: 'user', content: 'Hi' }];
const { begin, user, assistant, end } = tinyTokens;
const promptIds = [begin, user, ...Buffer.from('Hi'), end, assistant];

describe('answers to messages', () => {
  useTemporaryCache();
  const record = useEvaluationRecord();
  const folder = useTemporaryFolder();
  const opened: LanguageModel[] = [];

  async function open(
    changes: Readonly<Record<string, unknown>> = {},
    chatTemplate: string | null = tinyChatTemplate,
  ): Promise<LanguageModel> {
    const full = { ...config, ...changes };
    writeTinyModel({ folder: folder(), config: full, chatTemplate, mapTensors: () => livelyTensors(full) });
    const model = await openLanguageModel(
      { reference: folder(), device: 'cpu', dtype: 'auto', threads: 1 },
      quietContext(),
    );
    opened.push(model);
    return model;
  }
  const paramsOf = (model: LanguageModel): AnswerMessagesParams => ({
    model,
    messages,
    count: 3,
    temperature: 1,
    maxNewTokens: 12,
    seed: 5,
  });
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.release();
  });

  it('are what the model generates after its template, each from a seed of its own', async () => {
    const model = await open();
    const answers = await answerMessages(paramsOf(model), quietContext());
    const sampling = { temperature: 1, topP: 1, topK: 0, ignoreEndOfSequence: false, maxNewTokens: 12 };
    const { choices } = await generate(model, { promptIds, count: 3, seed: 5, ...sampling }, quietContext());
    assert.deepEqual(
      answers,
      choices.map(({ text, finishReason }) => ({ text, finishReason })),
    );
    assert.equal(new Set(answers.map(({ text }) => text)).size, 3);
    assert.deepEqual(await answerMessages(paramsOf(model), quietContext()), answers);
  });

  it('share the computation of the prompt', async () => {
    await answerMessages(paramsOf(await open()), quietContext());
    assert.equal(record[0]?.computedTokens, promptIds.length);
    assert.ok(record.slice(1).every(({ computedTokens }) => computedTokens === 1));
  });

  it('are told one by one, in order, and those that were complete stay when the rest is stopped', async () => {
    const controller = new AbortController();
    const told: (readonly [number, GeneratedAnswer])[] = [];
    const params = paramsOf(await open());
    const whole = await answerMessages(params, quietContext());
    await rejects(
      () =>
        answerMessages(
          {
            ...params,
            onAnswer: (answer, index) => {
              told.push([index, answer]);
              if (index === 1) controller.abort();
            },
          },
          quietContext(controller.signal),
        ),
      'cancelled',
    );
    assert.deepEqual(told, [
      [0, whole[0]],
      [1, whole[1]],
    ]);
  });

  it('end with the ending token, which is left out', async () => {
    const free = await answerMessages({ ...paramsOf(await open()), count: 1, temperature: 0 }, quietContext());
    assert.equal(free[0]?.finishReason, 'length');
    const { choices } = await generate(
      await open(),
      { promptIds, count: 1, seed: 5, temperature: 0, topP: 1, topK: 0, ignoreEndOfSequence: true, maxNewTokens: 12 },
      quietContext(),
    );
    const model = await open({ eos_token_id: choices[0].tokenIds[4] });
    const [stopped] = await answerMessages({ ...paramsOf(model), count: 1, temperature: 0 }, quietContext());
    assert.equal(stopped?.finishReason, 'stop');
    assert.ok(stopped.text.length < free[0].text.length && free[0].text.startsWith(stopped.text));
  });

  it('wait before each token for whoever has more urgent work', async () => {
    let waits = 0;
    const beforeToken = (): Promise<void> => {
      waits += 1;
      return Promise.resolve();
    };
    await answerMessages({ ...paramsOf(await open()), count: 2, beforeToken }, quietContext());
    assert.equal(waits, 24);
  });

  it('say how far they are', async () => {
    const steps: string[] = [];
    const context = quietContext();
    await answerMessages(paramsOf(await open()), {
      ...context,
      progress: ({ message, done, total }) => steps.push(`${message} ${done}/${total}`),
    });
    assert.equal(steps[0], 'Answer 1 of 3 0/36');
    assert.equal(steps.at(-1), 'Answer 3 of 3 36/36');
  });

  it('are refused where nothing can be answered', async () => {
    const model = await open();
    const ask = (changes: Partial<AnswerMessagesParams>) => () =>
      answerMessages({ ...paramsOf(model), ...changes }, quietContext());
    await rejects(ask({ messages: [] }), 'row', /no messages/);
    await rejects(ask({ messages: [...messages, { role: 'assistant', content: 'Hello' }] }), 'row', /ends with/);
    const untemplated = await open({}, null);
    await rejects(ask({ model: untemplated }), 'template', /no chat template/);
    const small = await open({ max_position_embeddings: 6 });
    const error = await rejects(ask({ model: small }), 'too_long', /6 tokens, the context of .+ is 6/);
    assert.match(String(error.hint), /shorten/);
  });
});
