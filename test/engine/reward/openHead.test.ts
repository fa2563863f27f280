import assert from 'node:assert/strict';
import type { ScorableInput } from '../../../src/core/promptFile/scorableRow';
import { writeDpaPrompt } from '../../../src/core/reward/dpaRewardModel';
import type { RewardBreakdown } from '../../../src/core/reward/rewardBreakdown';
import { openCheckpoint } from '../../../src/engine/checkpoint/openCheckpoint';
import { openTokenizer } from '../../../src/engine/checkpoint/openTokenizer';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import type { RewardModel } from '../../../src/engine/reward/rewardModel';
import { assertClose } from '../../fixtures/assertClose';
import { writeGatedModel } from '../../fixtures/gatedModel';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { seededRandom } from '../../fixtures/seededRandom';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, tinyTokens, writeTinyModel } from '../../fixtures/tinyModel';
import type { TensorToWrite } from '../../fixtures/writeSafetensors';

const hiddenSize = 32;
const random = seededRandom(41);
const tensor = (name: string, ...shape: readonly number[]): TensorToWrite => ({
  name,
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.next() - 0.5),
});

async function withModel<Result>(
  reference: string,
  use: (model: RewardModel) => Promise<Result>,
  applyTemplate = true,
): Promise<Result> {
  const model = await openRewardModel({ reference, device: 'cpu', dtype: 'f32', applyTemplate }, quietContext());
  try {
    return await use(model);
  } finally {
    await model.release();
  }
}

async function score(model: RewardModel, input: ScorableInput): Promise<RewardBreakdown> {
  const row = { kind: 'single', id: 'r', input } as const;
  return (await model.scoreRow(row, { states: true }, quietContext())) as RewardBreakdown & { readonly id: string };
}

/** Ends with the pad token, so that the rules for the token to be rated differ. */
const padded: ScorableInput = { kind: 'ids', ids: [256, 257, 72, 105, 260, 259, 258, 89, 260] };

/** W x + b, and ReLU where more follow, the plain way. */
function naive(tensors: readonly TensorToWrite[], state: readonly number[]): number[] {
  const named = (name: string): Float32Array | undefined => tensors.find((t) => t.name === name)?.data as Float32Array;
  const weights = tensors.filter(({ name }) => name.endsWith('weight'));
  return weights.reduce<number[]>(
    (x, { name, shape, data }, index) => {
      const bias = named(name.replace('weight', 'bias'));
      const values = Array.from({ length: shape[0] }, (_, row) =>
        x.reduce(
          (sum, value, column) => sum + value * (data as Float32Array)[row * shape[1] + column],
          bias?.[row] ?? 0,
        ),
      );
      return index + 1 < weights.length ? values.map((value) => Math.max(0, value)) : values;
    },
    [...state],
  );
}

describe('reward heads as checkpoints spell them', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  const spellings: readonly (readonly [string, readonly TensorToWrite[], number])[] = [
    ['score with a bias', [tensor('score.weight', 1, hiddenSize), tensor('score.bias', 1)], 7],
    [
      'score of two layers (Qwen2ForRewardModel, INF-ORM)',
      [
        tensor('score.0.weight', 12, hiddenSize),
        tensor('score.0.bias', 12),
        tensor('score.2.weight', 1, 12),
        tensor('score.2.bias', 1),
      ],
      7,
    ],
    ['value_head of OpenRLHF', [tensor('value_head.weight', 1, hiddenSize)], 8],
    ['v_head of TRL', [tensor('v_head.summary.weight', 1, hiddenSize), tensor('v_head.summary.bias', 1)], 8],
    [
      'v_head of GRM',
      [
        tensor('v_head.summary.0.weight', 10, hiddenSize),
        tensor('v_head.summary.0.bias', 10),
        tensor('v_head.summary.2.weight', 1, 10),
        tensor('v_head.summary.2.bias', 1),
      ],
      8,
    ],
    ['v_head of Starling', [tensor('v_head.weight', 1, hiddenSize)], 3],
    ['regression_head of UltraRM', [tensor('regression_head.weight', 1, hiddenSize)], 8],
    ['score_head of beaver', [tensor('score_head.weight', 1, hiddenSize), tensor('score_head.bias', 1)], 8],
    ['reward_head', [tensor('reward_head.weight', 1, hiddenSize)], 8],
    ['regression_layer without a gate', [tensor('regression_layer.weight', 3, hiddenSize)], 3],
  ];
  for (const [name, tensors, position] of spellings) {
    it(`${name}: is read, at the token that its code reads`, async () => {
      writeTinyModel({
        folder: folder(),
        config: { ...tinyCausal('llama'), pad_token_id: tinyTokens.pad },
        mapTensors: (body) => [...body, ...tensors],
      });
      await withModel(folder(), async (model) => {
        const { objectives, lastHidden } = await score(model, padded);
        const rewards = objectives.map(({ reward }) => reward);
        assertClose(rewards, naive(tensors, lastHidden ?? []), { tolerance: 1e-6 });
        // The states of a beginning do not depend on what follows: the rated token is the last of this one.
        const { ids } = padded as { readonly ids: readonly number[] };
        const beginning = await score(model, { kind: 'ids', ids: [...ids.slice(0, position), ids[position]] });
        assertClose(beginning.lastHidden ?? [], lastHidden ?? [], { tolerance: 1e-4, what: 'rated state' });
      });
    });
  }

  it('names a head of which the rated token is not known, and heads for tokens', async () => {
    const open = () => withModel(folder(), () => Promise.resolve());
    const extra = tensor('rm_head.weight', 1, hiddenSize);
    writeTinyModel({ folder: folder(), config: tinyCausal('llama'), mapTensors: (body) => [...body, extra] });
    await rejects(open, 'weights', /rm_head\.weight may be a reward head.*known heads: score, value_head/);
    writeTinyModel({ folder: folder(), config: { architectures: ['LlamaForTokenClassification'] } });
    await rejects(open, 'weights', /LlamaForTokenClassification rates tokens or steps/);
  });

  it('names layers that do not fit each other', async () => {
    const layers = [tensor('score.0.weight', 12, hiddenSize), tensor('score.2.weight', 1, 13)];
    writeTinyModel({ folder: folder(), config: tinyCausal('llama'), mapTensors: (body) => [...body, ...layers] });
    await rejects(() => withModel(folder(), () => Promise.resolve()), 'weights', /12×32, 1×13, do not fit/);
  });
});

/** nicolinho/QRM-Llama3-8B as allenai/reward-bench writes it (models/qrm.py), in plain loops. */
function naiveQrm(tensors: ReadonlyMap<string, TensorToWrite>, state: readonly number[], gateState: readonly number[]) {
  const of = (name: string): number[] => [...(tensors.get(name)?.data as Float32Array)];
  const times = (name: string, x: readonly number[]): number[] => {
    const { shape, data } = tensors.get(name) as TensorToWrite;
    return Array.from({ length: shape[0] }, (_, row) =>
      x.reduce((sum, value, column) => sum + value * (data as Float32Array)[row * shape[1] + column], 0),
    );
  };
  const hidden = times('gating.layers.0.weight', gateState)
    .map((value) => Math.max(0, value))
    .map((value, i) => {
      const part = (name: string): number => of(`gating.layers.2.${name}`)[i];
      const standard = (value - part('running_mean')) / Math.sqrt(part('running_var') + 1e-5);
      return standard * part('weight') + part('bias');
    });
  const logits = times('gating.layers.3.weight', hidden).map((value, i) => value + of('gating.layers.3.bias')[i]);
  const powers = logits.map((value) => Math.exp(value / 2));
  const total = powers.reduce((a, b) => a + b);
  const gates = powers.map((value) => (value / total) * of('gating.logit_scale')[0]);
  const ratings = times('regression_layer.weight', state);
  const rewards = gates.map((_, objective) => {
    const quantiles = ratings.slice(objective * 4, objective * 4 + 4);
    return quantiles.reduce((a, b) => a + b) / 4;
  });
  const matrix = of('reward_transform_matrix');
  const adjusted = gates.map((_, column) => rewards.reduce((sum, r, row) => sum + r * matrix[row * 3 + column], 0));
  return { rewards, gates, score: gates.reduce((sum, gate, i) => sum + gate * adjusted[i], 0) };
}

describe('a gate over quantiles (QRM)', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  it('gives the expectations over the quantiles, and gates through normalised layers', async () => {
    const written = new Map<string, TensorToWrite>();
    writeGatedModel(folder(), { num_quantiles: 4 }, (tensors) => {
      const positive = tensors.map((t) =>
        t.name.endsWith('running_var') ? { ...t, data: (t.data as Float32Array).map((v) => Math.abs(v) + 0.1) } : t,
      );
      for (const t of positive) written.set(t.name, t);
      return [...positive, { name: 'gating.layers.2.num_batches_tracked', dtype: 'I64', shape: [] }];
    });
    const messages = [
      { role: 'user', content: 'Which way is north?' },
      { role: 'assistant', content: 'That way.' },
    ];
    await withModel(folder(), async (model) => {
      assert.match(model.description.head, /3 objectives of 4 quantiles/);
      const { objectives, lastHidden, gateHidden, score: actual } = await score(model, { kind: 'messages', messages });
      const wanted = naiveQrm(written, lastHidden ?? [], gateHidden ?? []);
      assertClose(
        objectives.map(({ reward }) => reward),
        wanted.rewards,
        { tolerance: 1e-6, what: 'rewards' },
      );
      assertClose(
        objectives.map(({ gate }) => gate ?? NaN),
        wanted.gates,
        { tolerance: 1e-6, what: 'gates' },
      );
      assertClose([actual], [wanted.score], { tolerance: 1e-6, what: 'score' });
    });
  });

  it('lists what is missing where the layout is another one', async () => {
    writeGatedModel(folder(), { num_quantiles: 4 }, (tensors) =>
      tensors.filter(({ name }) => !name.startsWith('gating.layers.2')),
    );
    await rejects(
      () => withModel(folder(), () => Promise.resolve()),
      'weights',
      /gating\.layers\.2\.running_mean is missing/,
    );
  });
});

describe("DPA's reward model, opened", function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const messages = [
    { role: 'user', content: 'Which way is north?' },
    { role: 'assistant', content: 'That way.' },
  ];
  const labels = Array.from({ length: 10 }, (_, id) => `LABEL_${id}`);
  const write = (): void =>
    writeTinyModel({
      folder: folder(),
      labels,
      config: {
        architectures: ['MistralForSequenceClassification'],
        model_type: 'mistral',
        auto_map: { AutoModelForSequenceClassification: 'modeling_custom.MistralForSequenceClassification' },
      },
    });

  it('gives conversations in its own prompt, and templated text as it stands', async () => {
    write();
    const { tokenizer } = await openTokenizer(await openCheckpoint(folder(), quietContext()));
    await withModel(folder(), async (model) => {
      const { before, response, after } = writeDpaPrompt(messages);
      const text = `${before}${response}${after}`;
      const ids = tokenizer.encode(text, { addSpecialTokens: true });
      const own = await score(model, { kind: 'messages', messages });
      assert.equal(own.score, (await score(model, { kind: 'ids', ids })).score);
      assert.deepEqual(own.objectives.map(({ name }) => name).slice(0, 2), [
        'helpsteer-helpfulness',
        'helpsteer-correctness',
      ]);
      const [first] = own.objectives;
      assert.ok(Math.abs((first.rating ?? NaN) - (first.reward - 10) / 20) < 1e-9);
      assert.equal(first.coefficient, 0.1);
      const row = { kind: 'single', id: 'r', input: { kind: 'messages', messages } } as const;
      const [explained] = (await model.explainRow(row, {}, quietContext())).responses;
      assert.equal(explained.text, text);
      assert.equal(explained.responseTokens, 'That way.'.length); // each byte is a token
      const plain = await score(model, { kind: 'text', text: 'as it stands' });
      assert.equal(plain.tokens, 'as it stands'.length);
    });
  });

  it('is given its chat template when told so, and is then another model to whoever keeps scores', async () => {
    write();
    const hash = await withModel(folder(), (model) => Promise.resolve(model.description.hash));
    await withModel(
      folder(),
      async (model) => {
        const row = { kind: 'single', id: 'r', input: { kind: 'messages', messages } } as const;
        const [explained] = (await model.explainRow(row, {}, quietContext())).responses;
        assert.equal(explained.text, '<|begin|><|user|>Which way is north?<|end|><|assistant|>That way.<|end|>');
        assert.notEqual(model.description.hash, hash);
      },
      false,
    );
  });
});
