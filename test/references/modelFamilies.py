"""Reference numbers for every family of models: python test/references/modelFamilies.py > test/references/modelFamilies.json

Made with transformers 5.23.0 and torch 2.15.0 (CPU, float32, eager attention). Weights are a function of their names
(`values`, see test/fixtures/weightsOfName.ts), so that a test makes the same models without the files. Windows, rotary
limits and caps are small enough to matter within forty tokens.

Each case has config.json as transformers 5 writes it, and as files on the Hub have it that older versions wrote; both are
checked here to give the same numbers.
"""

import json
import os
import sys
import tempfile

import numpy
import safetensors.torch
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

os.environ["HF_HUB_OFFLINE"] = "1"
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)

IDS = [(7 * i * i + 11 * i + 3) % 61 + 2 for i in range(40)]
SEQUENCES = [IDS, IDS[:16]]
SCORED = [*IDS[:25], 0, 0]  # 0 is the padding token where a configuration says so
SIZES = dict(hidden_size=32, intermediate_size=40, num_hidden_layers=3, vocab_size=64, max_position_embeddings=256)
FUSED = dict(**SIZES, num_attention_heads=4, num_key_value_heads=2, head_dim=16)  # heads for which there is one kernel
PLAIN = dict(**SIZES, num_attention_heads=4, num_key_value_heads=2)  # heads of 8
GPT2 = dict(n_embd=32, n_layer=3, n_positions=256, vocab_size=64, bos_token_id=1, eos_token_id=1)
NEOX = dict(**SIZES, bos_token_id=1, eos_token_id=1)
ROPE = {"rope_type": "default", "rope_theta": 10000.0}
# What older files say: keys that are replaced; None removes one.
OLD = {"rope_parameters": None, "dtype": None, "torch_dtype": "float32", "rope_theta": 10000.0, "layer_types": None}
YARN = {"factor": 4.0, "original_max_position_embeddings": 32}
SHORT, LONG = [1.0, 1.1, 1.25, 1.4, 1.6, 1.9], [1.3, 1.8, 2.5, 3.5, 5.0, 8.0]
LONGROPE = {"short_factor": SHORT, "long_factor": LONG}
LLAMA3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
GEMMA_ROPE = {
    "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
}
EVERY_THIRD = ["sliding_attention", "sliding_attention", "full_attention"]

# name, model type, keys of the configuration, what an older file says instead
CASES = [
    ("llama", "llama", dict(FUSED, attention_bias=True, mlp_bias=True, rope_parameters=ROPE), OLD),
    ("llama3 scaling", "llama", dict(PLAIN, rope_parameters={**ROPE, **LLAMA3, "rope_type": "llama3"}),
     {**OLD, "rope_scaling": {**LLAMA3, "rope_type": "llama3"}}),
    ("linear scaling", "llama", dict(FUSED, rope_parameters={**ROPE, "rope_type": "linear", "factor": 4.0}),
     {**OLD, "rope_scaling": {"type": "linear", "factor": 4.0}}),
    ("dynamic scaling", "llama",
     dict(FUSED, rope_parameters={**ROPE, "rope_type": "dynamic", "factor": 2.0}, max_position_embeddings=24),
     {**OLD, "rope_scaling": {"type": "dynamic", "factor": 2.0}}),
    ("mistral", "mistral", dict(FUSED, sliding_window=9, rope_parameters=ROPE), OLD),
    ("qwen2 with yarn", "qwen2", dict(PLAIN, rope_parameters={**ROPE, **YARN, "rope_type": "yarn"}),
     {**OLD, "rope_scaling": {**YARN, "type": "yarn"}, "sliding_window": 4096, "use_sliding_window": False}),
    ("qwen2 with windows", "qwen2",
     dict(FUSED, use_sliding_window=True, sliding_window=9, max_window_layers=1, rope_parameters=ROPE), OLD),
    ("qwen3 with every key of yarn", "qwen3",
     dict(FUSED, rope_parameters={**ROPE, **YARN, "rope_type": "yarn", "beta_fast": 8.0, "beta_slow": 2.0, "mscale": 1.2,
                                  "mscale_all_dim": 0.7, "truncate": False}), {}),
    ("gemma", "gemma", dict(FUSED, rope_parameters=ROPE),
     {**OLD, "hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": None, "pad_token_id": None,
      "use_bidirectional_attention": None}),
    ("gemma2", "gemma2",
     dict(FUSED, sliding_window=9, query_pre_attn_scalar=24, attn_logit_softcapping=3.0, final_logit_softcapping=5.0,
          rope_parameters=ROPE),
     {**OLD, "hidden_act": "gelu_pytorch_tanh", "cache_implementation": "hybrid", "tie_word_embeddings": None,
      "pad_token_id": None, "use_bidirectional_attention": None}),
    ("gemma2, heads of 12, no caps", "gemma2",
     dict(FUSED, head_dim=12, sliding_window=9, query_pre_attn_scalar=12, attn_logit_softcapping=None,
          final_logit_softcapping=None, rope_parameters=ROPE), {**OLD, "use_bidirectional_attention": None}),
    ("gemma3", "gemma3_text",
     dict(FUSED, sliding_window=9, query_pre_attn_scalar=24, layer_types=EVERY_THIRD, rope_parameters=GEMMA_ROPE),
     {**OLD, "rope_theta": None, "rope_local_base_freq": 10000.0, "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
      "sliding_window_pattern": 3, "_sliding_window_pattern": None, "tie_word_embeddings": None, "pad_token_id": None,
      "use_bidirectional_attention": None}),
    ("phi3", "phi3", dict(PLAIN, sliding_window=9, pad_token_id=0, rope_parameters=ROPE),
     {**OLD, "rope_scaling": None, "partial_rotary_factor": None}),
    ("phi3, longrope on part of each head", "phi3",
     dict(SIZES, hidden_size=64, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0, sliding_window=200,
          original_max_position_embeddings=24,
          rope_parameters={**ROPE, **LONGROPE, "rope_type": "longrope", "partial_rotary_factor": 0.75}),
     {**OLD, "rope_scaling": {**LONGROPE, "type": "longrope"}, "partial_rotary_factor": 0.75}),
    ("smollm3", "smollm3", dict(FUSED, pad_token_id=0, num_hidden_layers=5, rope_parameters={**ROPE, "rope_theta": 2000000.0}),
     {**OLD, "rope_theta": None, "no_rope_layers": None, "tie_word_embeddings": None}),
    ("smollm3 with windows", "smollm3",
     dict(PLAIN, pad_token_id=0, no_rope_layers=[1, 0, 1], use_sliding_window=True, sliding_window=9, attention_bias=True, mlp_bias=True,
          tie_word_embeddings=False, rope_parameters=ROPE), OLD),
    ("olmo2", "olmo2", dict(FUSED, rope_parameters={**ROPE, "rope_theta": 500000.0}), {**OLD, "rope_theta": 500000.0}),
    ("olmo3", "olmo3",
     dict(FUSED, num_hidden_layers=5, sliding_window=9,
          rope_parameters={"full_attention": {**YARN, "rope_type": "yarn", "rope_theta": 500000.0},
                           "sliding_attention": {"rope_type": "default", "rope_theta": 500000.0}}),
     {**OLD, "rope_theta": None, "rope_scaling": {**YARN, "rope_type": "yarn"}}),
    ("granite", "granite",
     dict(FUSED, embedding_multiplier=3.0, residual_multiplier=0.4, attention_multiplier=0.3, logits_scaling=4.0,
          attention_bias=True, mlp_bias=True, tie_word_embeddings=True, rope_parameters=ROPE), {**OLD, "rope_scaling": None}),
    ("gpt2", "gpt2", dict(GPT2, n_head=2), {"tie_word_embeddings": None, "n_ctx": 256, "torch_dtype": None}),
    ("gpt2, heads of 8, scaled by layer", "gpt2",
     dict(GPT2, n_head=4, n_inner=48, scale_attn_by_inverse_layer_idx=True, activation_function="gelu"), {}),
    ("gpt_neox", "gpt_neox", dict(NEOX, num_attention_heads=2, rope_parameters={**ROPE, "partial_rotary_factor": 0.25}),
     {**OLD, "rope_theta": None, "rotary_emb_base": 10000, "rotary_pct": 0.25, "attention_bias": None}),
    ("gpt_neox, one after the other", "gpt_neox",
     dict(NEOX, hidden_size=64, num_attention_heads=2, use_parallel_residual=False, hidden_act="gelu_new",
          rope_parameters={**ROPE, "rope_theta": 5000.0, "partial_rotary_factor": 0.5}),
     {**OLD, "rope_theta": None, "rotary_emb_base": 5000, "rotary_pct": 0.5}),
]  # fmt: skip


def uniform(name, shape):
    """Whole numbers in 32 bits: FNV-1a of the name, then murmur3's finaliser of seed + index; from -0.5 to 0.5."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    count = int(numpy.prod(shape))
    mixed = (seed + numpy.arange(count, dtype=numpy.uint64) * 0x9E3779B9) & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = mixed ^ (mixed >> numpy.uint64(shift))
        mixed = (mixed * factor) & 0xFFFFFFFF
    mixed = mixed ^ (mixed >> numpy.uint64(16))
    return (mixed.astype(numpy.float64) / 2**32 - 0.5).reshape(shape)


def values(name, shape, family):
    """Sharp attention, norms away from 1, biases that show."""
    numbers = uniform(name, shape)
    if len(shape) == 1:
        is_norm = any(part in name for part in ("norm", "ln_")) and not name.endswith("bias")
        middle = 0 if family.startswith("gemma") or not is_norm else 1
        return middle + 0.8 * numbers
    if any(part in name for part in ("embed", "wte", "wpe")):
        return 2 * numbers
    inputs = shape[0] if family == "gpt2" and name != "score.weight" else shape[1]
    is_query = any(part in name for part in ("q_proj", "k_proj", "qkv_proj", "query_key_value", "c_attn"))
    return (6 if is_query else 3.5) / inputs**0.5 * numbers


def fill(folder, family):
    """Gives every tensor of a checkpoint the values of its name; returns names and shapes."""
    path = os.path.join(folder, "model.safetensors")
    shapes = {name: list(tensor.shape) for name, tensor in safetensors.torch.load_file(path).items()}
    filled = {name: torch.tensor(values(name, shape, family).astype(numpy.float32)) for name, shape in shapes.items()}
    safetensors.torch.save_file(filled, path, metadata={"format": "pt"})
    return shapes


def digits(tensor):
    return [float(f"{value:.7g}") for value in tensor.tolist()]


def open_model(kind, folder):
    return kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def run(folder):
    """Last token of every sequence; a model keeps what a long sequence taught it, so each gets a new one."""
    results = []
    for ids in SEQUENCES:
        model = open_model(AutoModelForCausalLM, folder)
        output = model(torch.tensor([ids]), output_hidden_states=True, use_cache=False)
        hidden = model.base_model(torch.tensor([ids]), use_cache=False).last_hidden_state
        results.append({"hidden": digits(hidden[0, -1]), "logits": digits(output.logits[0, -1])})
    return results


def score(folder, config, family):
    """Granite has no such class in transformers: there the scores are what the others' class would compute."""
    if family == "granite":
        model = open_model(AutoModelForCausalLM, folder)
        weight = torch.tensor(values("score.weight", [2, config.hidden_size], family).astype(numpy.float32))
        return digits(weight @ model.base_model(torch.tensor([SCORED]), use_cache=False).last_hidden_state[0, -1])
    with tempfile.TemporaryDirectory() as other:
        AutoModelForSequenceClassification.from_config(config).save_pretrained(other)
        fill(other, family)
        return digits(open_model(AutoModelForSequenceClassification, other)(torch.tensor([SCORED]), use_cache=False).logits[0])


@torch.no_grad()
def make_case(name, family, keys, older):
    config = AutoConfig.for_model(family, **keys, num_labels=2)
    with tempfile.TemporaryDirectory() as folder:
        AutoModelForCausalLM.from_config(config).save_pretrained(folder)
        tensors = fill(folder, family)
        path = os.path.join(folder, "config.json")
        written = json.load(open(path))
        results, scores = run(folder), score(folder, config, family)
        old = {**written, **older}
        for key in [key for key in older if older[key] is None]:
            old.pop(key)
        json.dump(old, open(path, "w"))
        if run(folder) != results:
            raise SystemExit(f"{name}: the older configuration describes another model")
    return {
        "name": name,
        "configs": [written, old],
        "tensors": tensors,
        "results": results,
        "scores": scores,
    }


def main():
    cases = []
    for case in CASES:
        cases.append(make_case(*case))
        print(case[0], cases[-1]["scores"], cases[-1]["results"][0]["logits"][:4], file=sys.stderr)
    made_with = {"transformers": transformers.__version__, "torch": torch.__version__}
    head = {"madeWith": made_with, "sequences": SEQUENCES, "scored": SCORED}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    print(json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}")


if __name__ == "__main__":
    main()
