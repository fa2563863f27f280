import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RewardBreakdown } from '../../src/core/reward/rewardBreakdown';
import { hasTiedEmbeddings } from '../../src/core/checkpoint/hasTiedEmbeddings';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint';
import { canFuse } from '../../src/core/onnx/attention';
import type { AttentionKind } from '../../src/core/onnx/attention';
import { describeDecoder } from '../../src/core/onnx/architectures/describeDecoder';
import { openCheckpoint } from '../../src/engine/checkpoint/openCheckpoint';
import { readTensor } from '../../src/engine/checkpoint/readTensor';
import { DecoderSession } from '../../src/engine/onnx/decoderSession';
import { LiveWeights } from '../../src/engine/onnx/liveWeights';
import type { Evaluation } from '../../src/engine/onnx/decoderSession';
import { openRewardModel } from '../../src/engine/reward/openRewardModel';
import { relativeError } from '../fixtures/assertClose';
import { quietContext } from '../fixtures/quietContext';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { writeTinyTokenizer } from '../fixtures/tinyModel';
import { weightsOfName } from '../fixtures/weightsOfName';
import { writeSafetensors } from '../fixtures/writeSafetensors';
import type { TensorToWrite } from '../fixtures/writeSafetensors';

interface ModelConfigFile extends Readonly<Record<string, unknown>> {
  readonly architectures: readonly string[];
  readonly model_type: string;
}

interface FamilyCase {
  readonly name: string;
  /** As transformers 5 writes it, and as older versions did. */
  readonly configs: readonly [ModelConfigFile, ModelConfigFile];
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Last token of each sequence. */
  readonly results: readonly { readonly hidden: readonly number[]; readonly logits: readonly number[] }[];
  readonly scores: readonly number[];
}

const { sequences, scored, cases } = JSON.parse(readFileSync('test/references/modelFamilies.json', 'utf8')) as {
  readonly sequences: readonly (readonly number[])[];
  readonly scored: readonly number[];
  readonly cases: readonly FamilyCase[];
};

function fill(tensors: FamilyCase['tensors'], family: string): TensorToWrite[] {
  return Object.entries(tensors).map(([name, shape]) => ({ name, shape, data: weightsOfName(name, shape, family) }));
}

function write(folder: string, config: unknown, tensors: readonly TensorToWrite[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors({ tensors }));
}

const parts = { finalNorm: true, languageModelHead: true, device: 'cpu', threads: 1 } as const;

function attentionKinds({ config }: Checkpoint): readonly AttentionKind[] {
  return canFuse(describeDecoder(config)) ? ['fused', 'plain'] : ['plain'];
}

function wantedOf(ids: readonly number[]): Omit<Evaluation, 'ids'> {
  const positions = [ids.length - 1];
  return { hiddenPositions: positions, scored: { kind: 'logits', positions } };
}

/** Compares the last token of every sequence, computed in one go and after its beginning, with what is expected. */
async function compare(folder: string, expected: FamilyCase['results']): Promise<void> {
  const checkpoint = await openCheckpoint(folder, quietContext());
  assert.deepEqual(checkpoint.problems, []);
  for (const attention of attentionKinds(checkpoint)) {
    const session = await DecoderSession.open({ ...parts, checkpoint, attention }, quietContext());
    for (const [index, ids] of sequences.entries()) {
      for (const start of [ids.slice(0, 11), ids.slice(0, -1), []]) {
        if (start.length === 0) await session.forget();
        else await session.evaluate({ ids: start, hiddenPositions: [start.length - 1] }, quietContext());
        const { hidden, logits } = await session.evaluate({ ids, ...wantedOf(ids) }, quietContext());
        const what = `${attention} attention, ${ids.length} tokens, ${start.length} before`;
        assertNear(hidden[0], expected[index].hidden, `${what}: hidden state`);
        assertNear(logits[0], expected[index].logits, `${what}: logits`);
      }
    }
    await session.release();
  }
}

function assertNear(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  const off = relativeError(actual, expected);
  assert.ok(off < 3e-5, `${what} off by ${off}`);
}

// Numbers of transformers 5.23.0: test/references/modelFamilies.py.
describe('families of models', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  for (const { name, configs, tensors, results, scores } of cases) {
    const family = configs[0].model_type;

    it(`${name}: both forms of the configuration give what transformers gives`, async () => {
      const [newer, older] = configs.map((config, form) => {
        const path = join(folder(), String(form));
        write(path, config, fill(tensors, family));
        return path;
      });
      const opened = await Promise.all([newer, older].map((path) => openCheckpoint(path, quietContext())));
      assert.deepEqual(opened[1].config, opened[0].config);
      await compare(newer, results);
    });

    it(`${name}: weights that come with each run give the same, after others`, async () => {
      write(folder(), configs[0], fill(tensors, family));
      const checkpoint = await openCheckpoint(folder(), quietContext());
      const liveWeights = new LiveWeights();
      for (const { name: tensor, shape } of checkpoint.tensors.values()) {
        liveWeights.set(
          tensor,
          shape,
          (await readTensor(checkpoint, tensor)).map((value) => value + 0.1),
        );
      }
      const session = await DecoderSession.open({ ...parts, checkpoint, liveWeights }, quietContext());
      const [ids] = sequences;
      await session.evaluate({ ids, ...wantedOf(ids) }, quietContext());
      for (const { name: tensor, shape } of checkpoint.tensors.values()) {
        liveWeights.set(tensor, shape, await readTensor(checkpoint, tensor));
      }
      await session.forget();
      for (const [index, all] of sequences.entries()) {
        const { hidden, logits } = await session.evaluate({ ids: all, ...wantedOf(all) }, quietContext());
        assertNear(hidden[0], results[index].hidden, `${all.length} tokens: hidden state`);
        assertNear(logits[0], results[index].logits, `${all.length} tokens: logits`);
      }
      await session.release();
    });

    it(`${name}: sequences that share a cache give the same`, async () => {
      write(folder(), configs[1], fill(tensors, family));
      const checkpoint = await openCheckpoint(folder(), quietContext());
      for (const attention of attentionKinds(checkpoint)) {
        const session = await DecoderSession.open({ ...parts, checkpoint, attention, cache: 'packed' }, quietContext());
        const evaluations = sequences.map((ids) => ({ ids, ...wantedOf(ids) }));
        const found = await session.evaluateAll([...evaluations, ...evaluations], quietContext());
        await session.release();
        for (const [index, { hidden, logits }] of found.entries()) {
          const expected = results[index % sequences.length];
          assertNear(hidden[0], expected.hidden, `${attention} attention, sequence ${index}: hidden state`);
          assertNear(logits[0], expected.logits, `${attention} attention, sequence ${index}: logits`);
        }
      }
    });

    it(`${name}: a sequence-classification head gives what transformers gives`, async () => {
      const { 'lm_head.weight': _, ...body } = tensors;
      const width = results[0].hidden.length;
      const [prefix] = configs[0].architectures[0].split(/For|LMHead/);
      const architectures = [`${prefix}ForSequenceClassification`];
      const id2label = { 0: 'first', 1: 'second' };
      write(
        folder(),
        { ...configs[0], architectures, id2label },
        fill({ ...body, 'score.weight': [2, width] }, family),
      );
      writeTinyTokenizer(folder());
      const model = await openRewardModel(
        { reference: folder(), device: 'cpu', dtype: 'f32', threads: 1 },
        quietContext(),
      );
      const row = { kind: 'single', id: 'row', input: { kind: 'ids', ids: scored } } as const;
      const { objectives } = (await model.scoreRow(row, {}, quietContext())) as RewardBreakdown;
      await model.release();
      assert.deepEqual(
        objectives.map((objective) => objective.name),
        ['first', 'second'],
      );
      assertNear(
        objectives.map((objective) => objective.reward ?? NaN),
        scores,
        'scores',
      );
    });
  }

  const caseOf = (name: string): FamilyCase => cases.find((one) => one.name === name) ?? assert.fail(name);
  const rename = (tensors: readonly TensorToWrite[], from: RegExp, to: string): TensorToWrite[] =>
    tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(from, to) }));

  it('reads GPT-2 as it was published: no prefix, a mask in every layer', async () => {
    const { configs, tensors, results } = caseOf('gpt2');
    const masks = [0, 1, 2].map((layer) => ({
      name: `h.${layer}.attn.bias`,
      shape: [1, 1, 4, 4],
      data: new Float32Array(16).fill(1),
    }));
    write(folder(), configs[1], [...rename(fill(tensors, 'gpt2'), /^transformer\./, ''), ...masks]);
    await compare(folder(), results);
  });

  it('reads Pythia as it was published: a head by its older name, masks and frequencies in every layer', async () => {
    const { configs, tensors, results } = caseOf('gpt_neox');
    const tables = [0, 1, 2].flatMap((layer) =>
      ['bias', 'masked_bias', 'rotary_emb.inv_freq'].map((name) => ({
        name: `gpt_neox.layers.${layer}.attention.${name}`,
        shape: [2],
        data: new Float32Array(2),
      })),
    );
    write(folder(), configs[1], [...rename(fill(tensors, 'gpt_neox'), /^lm_head/, 'embed_out'), ...tables]);
    await compare(folder(), results);
  });

  for (const [what, from, to] of [
    ['older', /^/, 'language_model.'],
    ['newer', /^model\./, 'model.language_model.'],
  ] as const) {
    it(`reads the text part of a Gemma 3 that sees images, with ${what} names`, async () => {
      const { configs, tensors, results } = caseOf('gemma3');
      const { architectures: _, ...text } = configs[1];
      const config = {
        architectures: ['Gemma3ForConditionalGeneration'],
        model_type: 'gemma3',
        eos_token_id: [1, 5],
        text_config: text,
        vision_config: { model_type: 'siglip_vision_model' },
      };
      const vision = { name: 'vision_tower.encoder.weight', shape: [2], data: new Float32Array(2) };
      write(folder(), config, [...rename(fill(tensors, 'gemma3_text'), from, to), vision]);
      await compare(folder(), results);
      const checkpoint = await openCheckpoint(folder(), quietContext());
      assert.deepEqual(checkpoint.config.eosTokenIds, [1, 5]);
      assert.equal(hasTiedEmbeddings(checkpoint), true);
    });
  }

  it('reads a body that was saved alone, without the prefix of its names', async () => {
    const { configs, tensors, results } = caseOf('gemma2');
    const config = { ...configs[0], architectures: ['Gemma2Model'] };
    write(folder(), config, rename(fill(tensors, 'gemma2'), /^model\./, ''));
    await compare(folder(), results);
  });

  it('takes the older names of longrope for the same', async () => {
    const { configs, tensors, results } = caseOf('phi3, longrope on part of each head');
    for (const type of ['su', 'yarn']) {
      const scaling = configs[1]['rope_scaling'] as object;
      write(folder(), { ...configs[1], rope_scaling: { ...scaling, type } }, fill(tensors, 'phi3'));
      await compare(folder(), results);
    }
  });

  // What a reader of config.json may get wrong has to show in these numbers.
  const mistakes: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['gemma2', { sliding_window: 10 }],
    ['gemma2', { layer_types: ['full_attention', 'sliding_attention', 'full_attention'] }],
    ['gemma2', { query_pre_attn_scalar: 16 }],
    ['gemma2', { attn_logit_softcapping: null }],
    ['gemma2', { final_logit_softcapping: null }],
    ['gemma2', { hidden_activation: 'gelu' }],
    ['gemma3', { layer_types: ['sliding_attention', 'full_attention', 'sliding_attention'] }],
    ['gemma3', { rope_parameters: { full_attention: { rope_type: 'default', rope_theta: 1e6 } } }],
    ['phi3', { sliding_window: 10 }],
    ['phi3, longrope on part of each head', { original_max_position_embeddings: 64 }],
    ['smollm3', { no_rope_layers: [1, 1, 1, 1, 1] }],
    ['granite', { residual_multiplier: 1 }],
    ['granite', { embedding_multiplier: 1 }],
    ['granite', { attention_multiplier: 0.25 }],
    ['granite', { logits_scaling: 1 }],
    ['gpt2', { activation_function: 'gelu' }],
    ['gpt2, heads of 8, scaled by layer', { scale_attn_by_inverse_layer_idx: false }],
    ['gpt_neox', { use_parallel_residual: false }],
    ['gpt_neox, one after the other', { use_parallel_residual: true }],
    ['gpt_neox, one after the other', { rope_parameters: { rope_theta: 1e4, partial_rotary_factor: 0.5 } }],
    ['qwen2 with windows', { layer_types: ['sliding_attention', 'sliding_attention', 'sliding_attention'] }],
    ['qwen3 with every key of yarn', { rope_parameters: { rope_type: 'yarn', rope_theta: 1e4, factor: 4 } }],
  ];
  for (const [name, change] of mistakes) {
    it(`${name}: would give other numbers with ${JSON.stringify(change)}`, async () => {
      const { configs, tensors, results } = caseOf(name);
      write(folder(), { ...configs[0], ...change }, fill(tensors, configs[0].model_type));
      await assert.rejects(compare(folder(), results), /off by/);
    });
  }
});
