import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../src/engine/checkpoint/openCheckpoint';
import { DecoderSession } from '../../src/engine/onnx/decoderSession';
import type { EvaluationResult } from '../../src/engine/onnx/decoderSession';
import { relativeError } from '../fixtures/assertClose';
import { convertToGguf } from '../fixtures/convertToGguf';
import { quietContext } from '../fixtures/quietContext';
import { useTemporaryCache } from '../fixtures/temporaryCache';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { weightsOfName } from '../fixtures/weightsOfName';
import { writeGguf } from '../fixtures/writeGguf';
import type { GgufToWrite } from '../fixtures/writeGguf';
import { writeSafetensors } from '../fixtures/writeSafetensors';
import type { TensorToWrite } from '../fixtures/writeSafetensors';

type Config = Readonly<Record<string, unknown>> & { readonly model_type: string };

const { sequences, cases } = JSON.parse(readFileSync('test/references/modelFamilies.json', 'utf8')) as {
  readonly sequences: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly name: string;
    readonly configs: readonly Config[];
    readonly tensors: Readonly<Record<string, readonly number[]>>;
  }[];
};
const { families, ropeTables } = JSON.parse(readFileSync('test/references/ggufNames.json', 'utf8')) as {
  readonly ropeTables: readonly string[];
  readonly families: Readonly<
    Record<string, { readonly architecture: string; readonly names: Readonly<Record<string, string | null>> }>
  >;
};

interface Conversion {
  /** Of test/references/modelFamilies.json. */
  readonly name: string;
  /** What the file cannot say, because llama.cpp takes it for granted. */
  readonly change?: Readonly<Record<string, unknown>>;
  /** Metadata beside the sizes, without the name of the architecture. */
  readonly metadata?: Readonly<Record<string, number | boolean | string>>;
  /** Tables of rotary factors. */
  readonly tables?: Readonly<Record<string, readonly number[]>>;
}

const short = [1.0, 1.1, 1.25, 1.4, 1.6, 1.9];
const long = [1.3, 1.8, 2.5, 3.5, 5.0, 8.0];
const conversions: readonly Conversion[] = [
  { name: 'llama' },
  { name: 'linear scaling', metadata: { 'rope.scaling.type': 'linear', 'rope.scaling.factor': 4 } },
  {
    name: 'qwen2 with yarn',
    metadata: {
      'rope.scaling.type': 'yarn',
      'rope.scaling.factor': 4,
      'rope.scaling.original_context_length': 32,
    },
  },
  { name: 'gemma' },
  {
    name: 'gemma2',
    change: { query_pre_attn_scalar: 16 },
    metadata: { 'attention.sliding_window': 9, attn_logit_softcapping: 3, final_logit_softcapping: 5 },
  },
  {
    name: 'gemma3',
    change: { query_pre_attn_scalar: 16 },
    metadata: {
      'attention.sliding_window': 9,
      'attention.sliding_window_pattern': 3,
      'rope.freq_base': 1_000_000,
      'rope.scaling.type': 'linear',
      'rope.scaling.factor': 8,
    },
  },
  { name: 'phi3', metadata: { 'attention.sliding_window': 9, 'rope.dimension_count': 8 } },
  {
    name: 'phi3, longrope on part of each head',
    metadata: {
      'attention.sliding_window': 0,
      'rope.dimension_count': 12,
      'rope.scaling.original_context_length': 24,
      'rope.scaling.attn_factor': Math.sqrt(1 + Math.log(256 / 24) / Math.log(24)),
    },
    change: { sliding_window: null },
    tables: { rope_factors_short: short, rope_factors_long: long },
  },
  { name: 'smollm3', metadata: { 'rope.freq_base': 2_000_000 } },
  { name: 'olmo2', metadata: { 'rope.freq_base': 500_000 } },
  {
    name: 'olmo3',
    metadata: {
      'attention.sliding_window': 9,
      'rope.freq_base': 500_000,
      'rope.scaling.type': 'yarn',
      'rope.scaling.factor': 4,
      'rope.scaling.original_context_length': 32,
    },
  },
  {
    name: 'granite',
    metadata: { 'attention.scale': 0.3, embedding_scale: 3, residual_scale: 0.4, logit_scale: 4 },
  },
  { name: 'gpt2' },
  { name: 'gpt_neox', metadata: { 'rope.dimension_count': 4, use_parallel_residual: true } },
];

function metadataOf(config: Config, { metadata = {} }: Conversion): GgufToWrite['metadata'] {
  const { architecture } = families[config.model_type];
  const count = (...keys: string[]): number =>
    Number(keys.map((key) => config[key]).find((value) => value !== undefined));
  const heads = count('num_attention_heads', 'n_head');
  const width = count('hidden_size', 'n_embd');
  const all: Record<string, unknown> = {
    block_count: count('num_hidden_layers', 'n_layer'),
    context_length: count('max_position_embeddings', 'n_positions'),
    embedding_length: width,
    feed_forward_length: Number(config['intermediate_size'] ?? 4 * width),
    'attention.head_count': heads,
    'attention.head_count_kv': Number(config['num_key_value_heads'] ?? heads),
    ...('head_dim' in config ? { 'attention.key_length': config['head_dim'] } : {}),
    [`attention.layer_norm_${'rms_norm_eps' in config ? 'rms_' : ''}epsilon`]: Number(
      config['rms_norm_eps'] ?? config['layer_norm_eps'] ?? config['layer_norm_epsilon'],
    ),
    ...metadata,
  };
  const isFloat = /epsilon|freq_base|factor|scale|softcapping/;
  const typed = Object.entries(all).map(([key, value]) => {
    const kind = typeof value === 'string' ? 8 : typeof value === 'boolean' ? 7 : isFloat.test(key) ? 6 : 4;
    return [`${architecture}.${key}`, { kind, value: value as number }];
  });
  return { 'general.architecture': { kind: 8, value: architecture }, ...Object.fromEntries(typed) };
}

async function evaluate(path: string): Promise<EvaluationResult[]> {
  const checkpoint = await openCheckpoint(path, quietContext());
  assert.deepEqual(checkpoint.problems, []);
  const parts = { checkpoint, finalNorm: true, languageModelHead: true, device: 'cpu', threads: 1 } as const;
  const session = await DecoderSession.open(parts, quietContext());
  const results = [];
  for (const ids of sequences) {
    const last = ids.length - 1;
    const wanted = { ids, hiddenPositions: [last], scored: { kind: 'logits', positions: [last] } } as const;
    results.push(await session.evaluate(wanted, quietContext()));
  }
  await session.release();
  return results;
}

// Names as the Python package gguf has them (test/references/ggufNames.py), values as convert_hf_to_gguf.py changes them.
describe('families of models in GGUF files', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();

  for (const conversion of conversions) {
    it(`${conversion.name}: gives what the folder gives from which it was converted`, async () => {
      const found = cases.find(({ name }) => name === conversion.name) ?? assert.fail(conversion.name);
      const config: Config = { ...found.configs[0], ...conversion.change };
      const { model_type: modelType } = config;
      const tensors = Object.entries(found.tensors).map(([name, shape]): TensorToWrite => ({
        name,
        shape,
        data: weightsOfName(name, shape, modelType),
      }));
      const [original, converted] = [join(folder(), 'original'), join(folder(), 'model.gguf')];
      mkdirSync(original);
      writeFileSync(join(original, 'config.json'), JSON.stringify(config));
      writeFileSync(join(original, 'model.safetensors'), writeSafetensors({ tensors }));
      const headCount = Number(config['num_attention_heads'] ?? config['n_head']);
      const keyValueHeadCount = Number(config['num_key_value_heads'] ?? headCount);
      const tables = Object.entries(conversion.tables ?? {}).map(([name, values]) => {
        assert.ok(ropeTables.includes(name));
        const data = new Uint8Array(Float32Array.from(values).buffer);
        return { name: `${name}.weight`, shape: [values.length], kind: 0, data };
      });
      const { names } = families[modelType];
      const body = convertToGguf(tensors, { names, modelType, headCount, keyValueHeadCount });
      writeFileSync(converted, writeGguf({ metadata: metadataOf(config, conversion), tensors: [...body, ...tables] }));
      const [wanted, actual] = [await evaluate(original), await evaluate(converted)];
      for (const [index, { hidden, logits }] of wanted.entries()) {
        assert.ok(relativeError(actual[index].hidden[0], hidden[0]) < 1e-5);
        assert.ok(relativeError(actual[index].logits[0], logits[0]) < 1e-5);
      }
    });
  }
});
