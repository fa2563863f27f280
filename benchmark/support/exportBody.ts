import { mkdtemp, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint';
import type { ModelConfig } from '../../src/core/checkpoint/modelConfig';
import { readTensor } from '../../src/engine/checkpoint/readTensor';

/** Writes a Llama body as an F32 folder (config.json, model.safetensors) that transformers opens; returns the folder. */
export async function exportBody(checkpoint: Checkpoint): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alidade-benchmark-'));
  await writeFile(join(folder, 'config.json'), JSON.stringify(describeConfig(checkpoint.config), null, 2));
  const table: Record<string, unknown> = {};
  let end = 0;
  for (const { name, shape } of checkpoint.tensors.values()) {
    const bytes = 4 * shape.reduce((product, length) => product * length, 1);
    table[name] = { dtype: 'F32', shape, data_offsets: [end, end + bytes] };
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
      await file.writeFile(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
  } finally {
    await file.close();
  }
  return folder;
}

function describeConfig(config: ModelConfig): unknown {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    torch_dtype: 'float32',
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
