import assert from 'node:assert/strict';
import { openLanguageModel } from '../../../src/engine/generation/languageModel';
import type { LanguageModel } from '../../../src/engine/generation/languageModel';
import { measureIds } from '../../../src/engine/generation/perplexity';
import { promptProbabilities } from '../../../src/engine/generation/promptProbabilities';
import { livelyTensors } from '../../fixtures/openTinySession';
import { quietContext } from '../../fixtures/quietContext';
import { useEvaluationRecord } from '../../fixtures/recordEvaluations';
import { referenceDecoder } from '../../fixtures/referenceDecoder';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, writeTinyModel } from '../../fixtures/tinyModel';
import type { TensorToWrite } from '../../fixtures/writeSafetensors';

const config = { ...tinyCausal('llama'), hidden_size: 64, num_attention_heads: 4, num_key_value_heads: 2 };
const shape = { intermediate_size: 64, num_hidden_layers: 2, vocab_size: 261, rms_norm_eps: 1e-5 };

describe('promptProbabilities', () => {
  useTemporaryCache();
  const record = useEvaluationRecord();
  const folder = useTemporaryFolder();
  let model: LanguageModel;
  let tensors: readonly TensorToWrite[] = [];

  async function open(changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const full = { ...config, ...shape, ...changes };
    writeTinyModel({ folder: folder(), config: full, mapTensors: () => (tensors = livelyTensors(full)) });
    const params = { reference: folder(), device: 'cpu', dtype: 'f32', threads: 1 } as const;
    model = await openLanguageModel(params, quietContext());
  }
  afterEach(() => model.release());

  const promptIds = [256, ...Buffer.from('How likely is each of these bytes?')];

  it('agrees with the reference decoder at every place', async () => {
    await open();
    const predicted = await promptProbabilities(model, { promptIds, count: 3 }, quietContext());
    const { logits } = referenceDecoder({ ...config, ...shape }, tensors, promptIds);
    assert.deepEqual(predicted[0], { id: 256, logProbability: null, top: [] });
    assert.deepEqual(
      predicted.map(({ id }) => id),
      promptIds,
    );
    for (const [index, { id, logProbability, top }] of predicted.entries()) {
      if (logProbability === null) continue;
      const row = Array.from(logits[index - 1]);
      const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
      assert.ok(Math.abs(logProbability - (row[id] - Math.log(sum))) < 1e-3);
      assert.equal(top.length, 3);
      assert.equal(top[0].id, row.indexOf(Math.max(...row)));
    }
  });

  it('adds up to what perplexity measures', async () => {
    await open();
    const predicted = await promptProbabilities(model, { promptIds, count: 0 }, quietContext());
    const sum = predicted.reduce((total, { logProbability }) => total - (logProbability ?? 0), 0);
    const { nll, tokens } = await measureIds(model, promptIds, quietContext());
    assert.equal(tokens, predicted.length - 1);
    assert.ok(Math.abs(sum - nll) < 1e-3);
  });

  it('reads a prompt in windows, and computes every token once all the same', async () => {
    await open();
    const whole = await promptProbabilities(model, { promptIds, count: 1 }, quietContext());
    await model.session.evaluate({ ids: [1], hiddenPositions: [] }, quietContext()); // forgets the prompt
    const before = record.length;
    const predicted = await promptProbabilities(model, { promptIds, count: 1, windowLength: 13 }, quietContext());
    assert.deepEqual(
      record.slice(before).map(({ computedTokens }) => computedTokens),
      [13, 13, promptIds.length - 1 - 26],
    );
    for (const [index, { id, logProbability }] of predicted.entries()) {
      assert.equal(id, whole[index].id);
      assert.ok(Math.abs((logProbability ?? 0) - (whole[index].logProbability ?? 0)) < 1e-4);
    }
  });

  it('refuses an empty prompt and one that is too long', async () => {
    await open({ max_position_embeddings: 8 });
    await rejects(() => promptProbabilities(model, { promptIds: [], count: 1 }, quietContext()), 'row');
    await rejects(() => promptProbabilities(model, { promptIds, count: 1 }, quietContext()), 'too_long');
    assert.equal((await promptProbabilities(model, { promptIds: [65], count: 1 }, quietContext())).length, 1);
  });
});
