import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyTensors, writeTinyCheckpoint } from '../fixtures/tinyCheckpoint';
import { writeTinyModel } from '../fixtures/tinyModel';
import { seededRandom } from '../fixtures/seededRandom';
import { writeSafetensors } from '../fixtures/writeSafetensors';

const shape = {
  model_type: 'llama',
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 260,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
  bos_token_id: 256,
  eos_token_id: 259,
} as const;

/** Writes the header of a Llama 3 turn out in bytes, since the tiny vocabulary has none of its tokens. */
const chatTemplate =
  "{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] + '<|eot_id|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

/** A Llama (2 layers, hidden 32) in which every byte is a token. */
export function writeTinyCausal(folder: string): void {
  write(folder, { ...shape, architectures: ['LlamaForCausalLM'] });
}

/** The same body with a score head for each label. */
export function writeTinyClassifier(folder: string, labels: readonly string[] = ['quality']): void {
  const id2label = Object.fromEntries(labels.map((label, index) => [index, label]));
  const config = { ...shape, architectures: ['LlamaForSequenceClassification'], id2label };
  const random = seededRandom(11);
  const data = Float32Array.from({ length: labels.length * 32 }, () => random.next() - 0.5);
  const tensors = tinyTensors(config).filter(({ name }) => name.startsWith('model.'));
  write(folder, config, [...tensors, { name: 'score.weight', shape: [labels.length, 32], data }]);
}

/** The same body with ArmoRM's heads. */
export function writeTinyGated(folder: string): void {
  const gating = { num_objectives: 19, gating_temperature: 10, gating_hidden_dim: 16, gating_n_hidden: 1 };
  write(folder, { ...shape, ...gating, architectures: ['LlamaForRewardModelWithGating'] });
}

/** A head file with one logistic objective and one computed from the length, on the body's first layer. */
export function writeTinyHeadFile(path: string): void {
  const random = seededRandom(5);
  const metadata = {
    version: 1,
    name: 'tiny meters',
    objectives: [
      { name: 'calm', kind: 'logistic' },
      { name: 'verbosity', kind: 'computed', compute: 'log_tokens' },
    ],
    pooling: { kind: 'mean', layer: 1 },
    body: { name: 'tiny', hiddenSize: 32 },
  };
  const bytes = writeSafetensors({
    metadata: { alidade: JSON.stringify(metadata) },
    tensors: [
      { name: 'weight', shape: [1, 32], data: Float32Array.from({ length: 32 }, () => random.next() - 0.5) },
      { name: 'bias', shape: [1], data: Float32Array.of(0.25) },
    ],
  });
  writeFileSync(path, bytes);
}

function write(folder: string, config: object, tensors = tinyTensors(config)): void {
  // Its tokenizer; the rest is written over.
  writeTinyModel({ folder });
  writeTinyCheckpoint({ folder, config, tensors });
  const path = join(folder, 'tokenizer_config.json');
  const tokenizerConfig = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...tokenizerConfig, chat_template: chatTemplate }));
}
