import { existsSync, mkdirSync, statSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../src/core/seededRandom';

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 2048,
  intermediate_size: 5632,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  vocab_size: 32000,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  hidden_act: 'silu',
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  bos_token_id: 1,
  eos_token_id: 2,
};

/** Values; tensors begin at different places in them. */
const NOISE = 1 << 22;

export interface MergeModels {
  /** Folders by name: `base`, `a`, `b`. */
  readonly paths: Readonly<Record<'base' | 'a' | 'b', string>>;
  /** Bytes of one model. */
  readonly bytes: number;
}

/**
 * Three BF16 checkpoints of the shapes of a Llama of 1.1B parameters (2.2 GB each with 22 layers): a base, and two that are
 * that and some noise. Those that are in the folder already are kept.
 */
export async function writeMergeModels(folder: string, layers: number): Promise<MergeModels> {
  const paths = { base: join(folder, 'base'), a: join(folder, 'a'), b: join(folder, 'b') };
  for (const [index, path] of Object.values(paths).entries()) {
    if (existsSync(join(path, 'model.safetensors'))) continue;
    mkdirSync(path, { recursive: true });
    await writeFile(join(path, 'config.json'), JSON.stringify({ ...CONFIG, num_hidden_layers: layers }));
    await writeWeights(join(path, 'model.safetensors'), layers, makeNoise(index));
  }
  return { paths, bytes: statSync(join(paths.base, 'model.safetensors')).size };
}

async function writeWeights(path: string, layers: number, noise: Uint16Array): Promise<void> {
  const tensors = listTensors(layers);
  const table: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, shape] of tensors) {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    table[name] = { dtype: 'BF16', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = Buffer.from(JSON.stringify(table));
  const header = Buffer.alloc(8 + 8 * Math.ceil(json.length / 8), ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  const file = await open(path, 'w');
  try {
    await file.write(header);
    const bytes = new Uint8Array(noise.buffer);
    for (let done = 0, piece = 1; done < end; piece += 1) {
      const start = (piece * 1_000_003 * 2) % (bytes.length / 2);
      const length = Math.min(end - done, bytes.length - start);
      await file.write(bytes, start, length);
      done += length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

function listTensors(layers: number): (readonly [string, readonly number[]])[] {
  const { hidden_size: hidden, intermediate_size: inner, vocab_size: vocabulary } = CONFIG;
  const ofLayer: (readonly [string, readonly number[]])[] = [
    ['input_layernorm', [hidden]],
    ['mlp.down_proj', [hidden, inner]],
    ['mlp.gate_proj', [inner, hidden]],
    ['mlp.up_proj', [inner, hidden]],
    ['post_attention_layernorm', [hidden]],
    ['self_attn.k_proj', [256, hidden]],
    ['self_attn.o_proj', [hidden, hidden]],
    ['self_attn.q_proj', [hidden, hidden]],
    ['self_attn.v_proj', [256, hidden]],
  ];
  return [
    ['model.embed_tokens.weight', [vocabulary, hidden]],
    ...Array.from({ length: layers }, (_, layer) =>
      ofLayer.map(([part, shape]) => [`model.layers.${layer}.${part}.weight`, shape] as const),
    ).flat(),
    ['model.norm.weight', [hidden]],
    ['lm_head.weight', [vocabulary, hidden]],
  ];
}

/** BF16 numbers around zero; those of one index are near those of another. */
function makeNoise(index: number): Uint16Array {
  const [common, own] = [seededRandom(1), seededRandom(2 + index)];
  const word = new Float32Array(1);
  const bits = new Uint32Array(word.buffer);
  return Uint16Array.from({ length: NOISE }, () => {
    word[0] = 0.08 * (common() - 0.5) + (index === 0 ? 0 : 0.008 * (own() - 0.5));
    return bits[0] >>> 16;
  });
}
