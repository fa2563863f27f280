import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModelConfig } from '../../src/core/checkpoint/parseModelConfig';
import { describeDecoder } from '../../src/core/onnx/architectures/describeDecoder';
import { listDecoderTensors } from '../../src/core/onnx/decoderDescription';

const SHARDS = 4;
const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 500000,
  hidden_act: 'silu',
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};

/** A BF16 checkpoint of the shapes of an 8B Llama in four sparse shards. */
export function writeSparseCheckpoint(folder: string): void {
  const decoder = describeDecoder(parseModelConfig(CONFIG, 'config.json'));
  const head = { name: decoder.languageModelHead, shape: [CONFIG.vocab_size, CONFIG.hidden_size] };
  const tensors = [...listDecoderTensors(decoder), head];
  const weightMap: Record<string, string> = {};
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const name = `model-0000${shard + 1}-of-0000${SHARDS}.safetensors`;
    const header: Record<string, unknown> = {};
    let end = 0;
    const from = Math.floor((shard * tensors.length) / SHARDS);
    for (const tensor of tensors.slice(from, Math.floor(((shard + 1) * tensors.length) / SHARDS))) {
      const bytes = 2 * tensor.shape.reduce((product, length) => product * length, 1);
      header[tensor.name] = { dtype: 'BF16', shape: tensor.shape, data_offsets: [end, end + bytes] };
      weightMap[tensor.name] = name;
      end += bytes;
    }
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(join(folder, name), Buffer.concat([length, json]));
    truncateSync(join(folder, name), 8 + json.length + end);
  }
  const index = { metadata: {}, weight_map: weightMap };
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(CONFIG));
}
