import type { TensorEntry } from './tensorEntry';

const wholeNames: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

const layerNames: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

export interface GgufHeads {
  /** `general.architecture`. */
  readonly architecture: string;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
}

/**
 * The tensors of a GGUF file under the names of transformers; names that have no counterpart stay.
 * Queries and keys of the architecture `llama` are marked as interleaved (convert_hf_to_gguf.py permutes only those).
 */
export function mapGgufTensors(tensors: Iterable<TensorEntry>, heads: GgufHeads): Map<string, TensorEntry> {
  const mapped = new Map<string, TensorEntry>();
  for (const entry of tensors) {
    const name = mapName(entry.name);
    const interleavedHeads = heads.architecture === 'llama' ? rotatedHeads(entry.name, heads) : null;
    mapped.set(name, interleavedHeads === null ? { ...entry, name } : { ...entry, name, interleavedHeads });
  }
  return mapped;
}

function mapName(name: string): string {
  if (Object.hasOwn(wholeNames, name)) return wholeNames[name];
  const match = /^blk\.(0|[1-9]\d{0,5})\.([a-z_]+)\.(weight|bias)$/.exec(name);
  if (match === null) return name;
  const [, layer, part, suffix] = match;
  return Object.hasOwn(layerNames, part) ? `model.layers.${layer}.${layerNames[part]}.${suffix}` : name;
}

function rotatedHeads(name: string, { headCount, keyValueHeadCount }: GgufHeads): number | null {
  if (/^blk\.\d+\.attn_q\.(weight|bias)$/.test(name)) return headCount;
  if (/^blk\.\d+\.attn_k\.(weight|bias)$/.test(name)) return keyValueHeadCount;
  return null;
}
