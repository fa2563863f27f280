import { open, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { expectedTensors } from '../../src/core/checkpoint/expectedTensors';
import { parseModelConfig } from '../../src/core/checkpoint/parseModelConfig';
import { seededRandom } from '../../src/core/seededRandom';
import { writeTinyModel } from '../../test/fixtures/tinyModel';

const SHARDS = 4;
/** Bytes of random numbers; tensors begin at different places in it. */
const NOISE = 1 << 26;

export interface LargeCheckpoint {
  readonly bytes: number;
  readonly shards: readonly string[];
}

/**
 * A scalar reward model of the shapes of Llama 3 8B (16 GB with 32 layers): random BF16 weights in four shards, written in
 * pieces, and a tokenizer of bytes.
 */
export async function writeLargeCheckpoint(folder: string, layers: number): Promise<LargeCheckpoint> {
  writeTinyModel({ folder });
  await rm(join(folder, 'model.safetensors'));
  const config = {
    architectures: ['LlamaForSequenceClassification'],
    model_type: 'llama',
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: layers,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 128256,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    rope_theta: 500000,
    hidden_act: 'silu',
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    id2label: { 0: 'quality' },
    pad_token_id: 128255,
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const tensors = expectedTensors(parseModelConfig(config, 'config.json'), null)
    .filter(({ name }) => name.startsWith('model.') || name === 'score.weight')
    .map(({ name, shape }) => ({ name, shape: shape.map((size) => size ?? 1) }));
  const noise = makeNoise();
  const weightMap: Record<string, string> = {};
  const shards: string[] = [];
  let bytes = 0;
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const name = `model-0000${shard + 1}-of-0000${SHARDS}.safetensors`;
    const [from, to] = [shard, shard + 1].map((part) => Math.floor((part * tensors.length) / SHARDS));
    const some = tensors.slice(from, to);
    for (const tensor of some) weightMap[tensor.name] = name;
    const file = await open(join(folder, name), 'w');
    try {
      bytes += await writeShard(file, some, noise);
      await file.sync();
    } finally {
      await file.close();
    }
    shards.push(join(folder, name));
  }
  const index = { metadata: {}, weight_map: weightMap };
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
  return { bytes, shards };
}

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** @returns bytes of the tensors. */
async function writeShard(file: FileHandle, tensors: readonly Tensor[], noise: Uint8Array): Promise<number> {
  const table: Record<string, unknown> = {};
  let end = 0;
  for (const { name, shape } of tensors) {
    const length = 2 * shape.reduce((product, size) => product * size, 1);
    table[name] = { dtype: 'BF16', shape, data_offsets: [end, end + length] };
    end += length;
  }
  const json = Buffer.from(JSON.stringify(table));
  const header = Buffer.alloc(8 + 64 * Math.ceil(json.length / 64), ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  await file.write(header);
  // Pieces of different lengths, so that no two rows of a tensor are alike.
  for (let done = 0, piece = 1; done < end; piece += 1) {
    const start = (piece * 1_000_003 * 2) % (NOISE / 2);
    const length = Math.min(end - done, NOISE - start);
    await file.write(noise, start, length);
    done += length;
  }
  return end;
}

/** BF16 numbers of both signs between 2^-7 and 2^-4. */
function makeNoise(): Uint8Array {
  const random = seededRandom(1);
  const values = new Uint16Array(NOISE / 2);
  for (let index = 0; index < values.length; index += 1) {
    const bits = Math.floor(random() * 2 ** 32);
    values[index] = ((bits & 1) << 15) | ((120 + ((bits >>> 1) % 3)) << 7) | ((bits >>> 4) & 127);
  }
  return new Uint8Array(values.buffer);
}
