/**
 * How llama.cpp names the tensors of a family: its names to those of transformers, without `.weight` and `.bias`.
 * Source: gguf-py/gguf/constants.py and tensor_mapping.py.
 */
export interface GgufNames {
  /** Tensors outside the layers. */
  readonly whole: Readonly<Record<string, string>>;
  /** What stands for `blk` in the names of layers: `model.layers`. */
  readonly layers: string;
  /** Tensors of a layer, by what follows `blk.N.`. */
  readonly layer: Readonly<Record<string, string>>;
  /** Rows of query and key are permuted to llama.cpp's rotary order, which pairs neighbours. */
  readonly isInterleaved: boolean;
}

/** Llama and what is stored as it. */
export const llamaGgufNames: GgufNames = {
  whole: { token_embd: 'model.embed_tokens', output_norm: 'model.norm', output: 'lm_head' },
  layers: 'model.layers',
  layer: {
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
  },
  isInterleaved: true,
};

/** As Llama's, but rows of query and key in their own order. */
export const plainGgufNames: GgufNames = { ...llamaGgufNames, isInterleaved: false };

/** With norms after attention and MLP: what follows attention is not what the MLP reads. */
export const postNormGgufNames: GgufNames = {
  ...plainGgufNames,
  layer: {
    ...plainGgufNames.layer,
    ffn_norm: 'pre_feedforward_layernorm',
    post_attention_norm: 'post_attention_layernorm',
    post_ffw_norm: 'post_feedforward_layernorm',
  },
};
