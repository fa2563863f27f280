/** Recipes that are right, in every form, for tests that read, change or complete them. */
export const linear = `# half of each
models:
  - model: ./sft
    parameters:
      weight: [1.0, 0.6, 0.3]
  - model: org/rlhf@v1
    parameters:
      weight:
        - filter: mlp
          value: 0.9
        - value: 0.4
merge_method: linear
dtype: float32
out_dtype: bfloat16
`;

export const stacked = `slices:
  - sources:
      - {model: base, layer_range: [0, 3]}
      - {model: tuned+adapter@r2, layer_range: [1, 4]}
    parameters: {t: 0.25}
  - sources:
      - model:
          model: {path: base, revision: main}
          lora: adapters/one
        layer_range: [3, 4]
      - {model: other, layer_range: [3, 4]}
    base_model: other
merge_method: slerp
base_model: base
parameters:
  t:
    - {filter: self_attn, value: [0, 0.5, 1]}
    - 
      value: 0.4
dtype: bfloat16
`;

export const modules = `modules:
  text_decoder:
    models:
      - model: a
      - model: b
    parameters: {weight: 0.5}
  vision:
    slices:
      - sources:
          - {model: a, layer_range: [0, 2], parameters: {weight: 1}}
          - {model: b, layer_range: [0, 2]}
          - {model: c, layer_range: [0, 2]}
        parameters: {weight: 0.25}
base_model: c
merge_method: ties
parameters: {density: 0.5, normalize: yes, int8_mask: true, lambda: "0.9"}
tokenizer:
  source: union
  tokens:
    <|end|>:
      source: {kind: model_token, model: a, token_id: 2}
      force: true
    <|pad|>: {source: {kind: zero}}
    <|start|>: {source: b}
  pad_to_multiple_of: 64
chat_template: auto
`;

export const staged = `name: halfway
models: &pair
  - {model: a, parameters: {weight: 0.5}}
  - {model: b, parameters: {weight: 0.5}}
merge_method: linear
---
models:
  - model: halfway
  - model: c
base_model: a
merge_method: model_stock
parameters:
tokenizer_source: base
`;

export const recipeTexts: readonly string[] = [linear, stacked, modules, staged];
