import assert from 'node:assert/strict';
import { sampleToken } from '../../../src/core/generation/sampleToken';
import { seededRandom } from '../../../src/core/seededRandom';
import { generate, readLastPosition } from '../../../src/engine/generation/generate';
import type { GeneratedToken, GenerateParams } from '../../../src/engine/generation/generate';
import { openLanguageModel, requireTemplate } from '../../../src/engine/generation/languageModel';
import type { LanguageModel } from '../../../src/engine/generation/languageModel';
import { relativeError } from '../../fixtures/assertClose';
import { livelyTensors } from '../../fixtures/openTinySession';
import { quietContext } from '../../fixtures/quietContext';
import { useEvaluationRecord } from '../../fixtures/recordEvaluations';
import { referenceDecoder } from '../../fixtures/referenceDecoder';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, writeTinyModel } from '../../fixtures/tinyModel';
import type { TensorToWrite } from '../../fixtures/writeSafetensors';

const config = {
  ...tinyCausal('llama'),
  hidden_size: 64,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 261,
  rms_norm_eps: 1e-5,
};
const greedy: GenerateParams = {
  promptIds: [...Buffer.from('Hello')],
  maxNewTokens: 12,
  count: 1,
  seed: 0,
  temperature: 0,
  topP: 1,
  topK: 0,
  ignoreEndOfSequence: true,
};
const sampled: GenerateParams = { ...greedy, temperature: 1, maxNewTokens: 20 };

describe('generate', () => {
  useTemporaryCache();
  const record = useEvaluationRecord();
  const folder = useTemporaryFolder();
  const opened: LanguageModel[] = [];
  let tensors: readonly TensorToWrite[] = [];

  async function open(changes: Readonly<Record<string, unknown>> = {}): Promise<LanguageModel> {
    const full = { ...config, ...changes };
    writeTinyModel({ folder: folder(), config: full, mapTensors: () => (tensors = livelyTensors(full)) });
    const model = await openLanguageModel(
      { reference: folder(), device: 'cpu', dtype: 'auto', threads: 1 },
      quietContext(),
    );
    opened.push(model);
    return model;
  }
  afterEach(async () => {
    for (const model of opened.splice(0)) await model.release();
  });

  /** Logits after the last token, in double precision. */
  function referenceLogits(ids: readonly number[]): Float32Array {
    return Float32Array.from(referenceDecoder(config, tensors, ids).logits[ids.length - 1]);
  }

  it('takes the most likely token of the reference decoder at every step when greedy', async () => {
    const model = await open();
    const { choices } = await generate(model, greedy, quietContext());
    const ids = [...greedy.promptIds];
    for (let step = 0; step < greedy.maxNewTokens; step += 1) {
      const logits = referenceLogits(ids);
      ids.push(logits.indexOf(Math.max(...logits)));
    }
    assert.deepEqual(choices[0].tokenIds, ids.slice(greedy.promptIds.length));
  });

  it('draws from the logits with the random numbers of its seed', async () => {
    const model = await open();
    const options = { temperature: 0.9, topK: 50, topP: 0.95 };
    const { choices } = await generate(model, { ...sampled, ...options, seed: 7 }, quietContext());
    const random = seededRandom(7);
    const ids = [...sampled.promptIds];
    while (ids.length < sampled.promptIds.length + sampled.maxNewTokens) {
      ids.push(sampleToken(referenceLogits(ids), options, random));
    }
    assert.deepEqual(choices[0].tokenIds, ids.slice(sampled.promptIds.length));
  });

  it('gives the same text for the same seed and another for another', async () => {
    const model = await open();
    const textOf = async (seed: number): Promise<readonly number[]> =>
      (await generate(model, { ...sampled, seed }, quietContext())).choices[0].tokenIds;
    const first = await textOf(1);
    assert.notDeepEqual(await textOf(2), first);
    assert.deepEqual(await textOf(1), first);
  });

  it('gives n different choices that share the computation of the prompt', async () => {
    const model = await open();
    const { choices, usage } = await generate(model, { ...sampled, count: 3 }, quietContext());
    assert.equal(new Set(choices.map(({ tokenIds }) => tokenIds.join())).size, 3);
    assert.deepEqual(usage, { promptTokens: 5, completionTokens: 60 });
    assert.deepEqual(
      record.map(({ computedTokens }) => computedTokens),
      [5, ...new Array<number>(59).fill(1)],
    );
  });

  it('stops at an ending token and leaves it out, or goes on when told to', async () => {
    const free = (await generate(await open(), greedy, quietContext())).choices[0];
    assert.equal(free.finishReason, 'length');
    const ending = free.tokenIds[5];
    const first = free.tokenIds.indexOf(ending);
    const model = await open({ eos_token_id: [3, ending] });
    const stopped = await generate(model, { ...greedy, ignoreEndOfSequence: false }, quietContext());
    assert.deepEqual(stopped.choices[0].tokenIds, free.tokenIds.slice(0, first));
    assert.equal(stopped.choices[0].finishReason, 'stop');
    assert.equal(stopped.usage.completionTokens, first);
    const on = await generate(model, greedy, quietContext());
    assert.deepEqual(on.choices[0].tokenIds, free.tokenIds);
  });

  it('ends where the context is full and refuses a prompt that is longer', async () => {
    const model = await open({ max_position_embeddings: 10 });
    const { choices } = await generate(model, { ...greedy, maxNewTokens: 99 }, quietContext());
    assert.deepEqual([choices[0].tokenIds.length, choices[0].finishReason], [5, 'length']);
    const long = { ...greedy, promptIds: new Array<number>(11).fill(65) };
    await rejects(() => generate(model, long, quietContext()), 'too_long', /11 tokens.* 10/);
    const full = await generate(model, { ...greedy, promptIds: new Array<number>(10).fill(65) }, quietContext());
    assert.deepEqual(full.choices[0].tokenIds, []);
  });

  it('streams pieces that joined are the text of the tokens', async () => {
    const model = await open();
    const pieces: string[][] = [[], []];
    const onText = (piece: string, choice: number): number => pieces[choice].push(piece);
    // Random bytes: characters that never come to their end, and specials that are left out.
    const { choices } = await generate(model, { ...sampled, count: 2, maxNewTokens: 100, onText }, quietContext());
    choices.forEach(({ text, tokenIds }, index) => {
      assert.equal(pieces[index].join(''), text);
      assert.equal(text, model.tokenizer.decode(tokenIds, { skipSpecialTokens: true }));
      assert.ok(10 < pieces[index].length && !pieces[index].includes(''));
    });
  });

  it('ends before a stop text, wherever the pieces are cut', async () => {
    const model = await open();
    const free = (await generate(model, { ...sampled, maxNewTokens: 60 }, quietContext())).choices[0];
    const stop = free.text.slice(20, 23);
    const pieces: string[] = [];
    const onText = (piece: string): number => pieces.push(piece);
    const params = { ...sampled, maxNewTokens: 60, stopTexts: ['never there', stop], onText };
    const { choices } = await generate(model, params, quietContext());
    assert.equal(choices[0].text, free.text.slice(0, free.text.indexOf(stop)));
    assert.equal(pieces.join(''), choices[0].text);
    assert.equal(choices[0].finishReason, 'stop');
    assert.ok(choices[0].tokenIds.length < 60);
  });

  it('hands out every token with its logits, the ending token too', async () => {
    const ending = (await generate(await open(), greedy, quietContext())).choices[0].tokenIds[5];
    const model = await open({ eos_token_id: ending });
    const tokens: number[] = [];
    const onToken = ({ id, logits }: GeneratedToken): void => {
      assert.equal(id, logits.indexOf(Math.max(...logits)));
      tokens.push(id);
    };
    const { choices } = await generate(model, { ...greedy, ignoreEndOfSequence: false, onToken }, quietContext());
    assert.deepEqual(tokens, [...choices[0].tokenIds, ending]);
  });

  it('generates nothing for a limit of 0', async () => {
    const { choices, usage } = await generate(await open(), { ...greedy, maxNewTokens: 0 }, quietContext());
    assert.deepEqual(choices, [{ text: '', tokenIds: [], finishReason: 'length' }]);
    assert.equal(usage.completionTokens, 0);
    assert.deepEqual(record, []);
  });

  it('refuses prompts without tokens or with tokens that do not exist', async () => {
    const model = await open();
    for (const promptIds of [[], [1, 261], [-1], [0.5]]) {
      await rejects(() => generate(model, { ...greedy, promptIds }, quietContext()), 'row');
      await rejects(() => readLastPosition(model, promptIds, quietContext()), 'row');
    }
  });

  it('stops between tokens when cancelled', async () => {
    const model = await open();
    const job = new AbortController();
    const onText = (): void => job.abort();
    await rejects(() => generate(model, { ...greedy, onText }, quietContext(job.signal)), 'cancelled');
    assert.ok(record.length < greedy.maxNewTokens);
  });

  it('gives logits and the normed state of the last position for checking', async () => {
    const model = await open();
    const { logits, hidden } = await readLastPosition(model, greedy.promptIds, quietContext());
    const expected = referenceDecoder(config, tensors, greedy.promptIds);
    assert.ok(relativeError(logits, expected.logits[4]) < 1e-4);
    assert.ok(relativeError(hidden, expected.hidden[4]) < 1e-4);
  });
});

describe('openLanguageModel', () => {
  const folder = useTemporaryFolder();
  const open = (): Promise<LanguageModel> =>
    openLanguageModel({ reference: folder(), device: 'cpu', dtype: 'auto', threads: 1 }, quietContext());

  it('refuses a reward model, which has no head for tokens', async () => {
    const mapTensors = (all: readonly TensorToWrite[]): TensorToWrite[] =>
      all.filter(({ name }) => name !== 'lm_head.weight');
    writeTinyModel({ folder: folder(), mapTensors });
    await rejects(open, 'weights', /language-model head/);
  });

  it('opens a model without a template, and says so when one is needed', async () => {
    writeTinyModel({ folder: folder(), config: tinyCausal('llama'), chatTemplate: null });
    const model = await open();
    await rejects(async () => requireTemplate(model), 'template', /no chat template/);
    await model.release();
  });
});
