import { mkdtemp, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint';
import type { ModelConfig } from '../../src/core/checkpoint/modelConfig';
import { readTensor } from '../../src/engine/checkpoint/readTensor';

export interface ExportOptions {
  /** Default F32. */
  readonly dtype?: 'F32' | 'BF16';
  /** Changes the values of a tensor, in place. */
  readonly change?: (values: Float32Array, name: string) => void;
}

/** Writes a Llama body as a folder (config.json, model.safetensors) that transformers opens; returns the folder. */
export async function exportBody(checkpoint: Checkpoint, options: ExportOptions = {}): Promise<string> {
  const { dtype = 'F32', change } = options;
  const width = dtype === 'F32' ? 4 : 2;
  const folder = await mkdtemp(join(tmpdir(), 'alidade-benchmark-'));
  await writeFile(join(folder, 'config.json'), JSON.stringify(describeConfig(checkpoint.config, dtype), null, 2));
  const table: Record<string, unknown> = {};
  let end = 0;
  for (const { name, shape } of checkpoint.tensors.values()) {
    const bytes = width * shape.reduce((product, length) => product * length, 1);
    table[name] = { dtype, shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...table }));
  const header = Buffer.alloc(8 + 64 * Math.ceil(json.length / 64), ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  const file = await open(join(folder, 'model.safetensors'), 'w');
  try {
    await file.writeFile(header);
    for (const name of checkpoint.tensors.keys()) {
      const values = await readTensor(checkpoint, name);
      change?.(values, name);
      const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
      const written = dtype === 'F32' ? words : Uint16Array.from(words, nearestBf16);
      await file.writeFile(new Uint8Array(written.buffer, written.byteOffset, written.byteLength));
    }
  } finally {
    await file.close();
  }
  return folder;
}

/** Bits of float32 to bits of BF16, halves to even. */
function nearestBf16(word: number): number {
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

function describeConfig(config: ModelConfig, dtype: 'F32' | 'BF16'): unknown {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    torch_dtype: dtype === 'F32' ? 'float32' : 'bfloat16',
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layerCount,
    num_attention_heads: config.headCount,
    num_key_value_heads: config.keyValueHeadCount,
    head_dim: config.headDim,
    vocab_size: config.vocabSize,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.rotaries[0]?.theta,
    hidden_act: config.activation,
    tie_word_embeddings: true,
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenIds[0] ?? null,
  };
}
