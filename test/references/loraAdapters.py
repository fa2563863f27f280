"""Reference numbers for LoRA adapters: python test/references/loraAdapters.py > test/references/loraAdapters.json

Made with peft 0.21.2, transformers 5.23.0 and torch 2.15.0 (CPU, float32, eager attention). Weights are a function of
their names, so that a test can make the same models without the files: see `values`.
"""

import json
import os
import sys
import tempfile

import numpy
import peft
import safetensors.torch
import torch
import transformers

os.environ["HF_HUB_OFFLINE"] = "1"
transformers.logging.set_verbosity_error()

IDS = [3, 17, 28, 5, 9, 31, 2, 22, 14, 14, 7]
SMALL = dict(
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    vocab_size=36,
    max_position_embeddings=64,
    attn_implementation="eager",
)
SMALL_GPT2 = dict(n_embd=16, n_layer=2, n_head=4, n_positions=64, vocab_size=36, attn_implementation="eager")


def values(name, shape):
    """Whole numbers in 32 bits: FNV-1a of the name, then murmur3's finaliser of seed + index."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    count = int(numpy.prod(shape))
    mixed = (seed + numpy.arange(count, dtype=numpy.uint64) * 0x9E3779B9) & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = mixed ^ (mixed >> numpy.uint64(shift))
        mixed = (mixed * factor) & 0xFFFFFFFF
    mixed = mixed ^ (mixed >> numpy.uint64(16))
    uniform = mixed.astype(numpy.float64) / 2**32 - 0.5
    is_norm = any(part in name for part in ("norm", "ln_", "layernorm", "magnitude")) and not name.endswith("bias")
    result = 1 + 0.4 * uniform if is_norm else uniform
    return torch.tensor(result.astype(numpy.float32).reshape(shape))


def fill(path):
    """Gives every tensor of a file the values of its name; returns names and shapes."""
    tensors = safetensors.torch.load_file(path)
    filled = {name: values(name, tuple(tensor.shape)) for name, tensor in tensors.items()}
    safetensors.torch.save_file(filled, path, metadata={"format": "pt"})
    return [{"name": name, "shape": list(tensor.shape)} for name, tensor in filled.items()]


def make_case(name, config, lora, base_class):
    with tempfile.TemporaryDirectory() as folder:
        base_folder, adapter_folder = os.path.join(folder, "base"), os.path.join(folder, "adapter")
        kind = {"CAUSAL_LM": transformers.AutoModelForCausalLM}.get(base_class, transformers.AutoModelForSequenceClassification)
        transformers.AutoModelForCausalLM.from_config(config).save_pretrained(base_folder)
        base = fill(os.path.join(base_folder, "model.safetensors"))
        extra = {} if base_class == "CAUSAL_LM" else {"num_labels": 2}
        load = lambda: kind.from_pretrained(base_folder, attn_implementation="eager", **extra)
        peft.get_peft_model(load(), lora).save_pretrained(adapter_folder)
        adapter = fill(os.path.join(adapter_folder, "adapter_model.safetensors"))
        model = peft.PeftModel.from_pretrained(load(), adapter_folder).eval()
        with torch.no_grad():
            inner = model.base_model.model
            body = getattr(inner, inner.base_model_prefix)
            hidden = body(torch.tensor([IDS])).last_hidden_state[0, -1]
            if base_class == "CAUSAL_LM":
                outputs = model(torch.tensor([IDS])).logits[0, -1]
            else:
                inner.config.pad_token_id = None
                outputs = model(torch.tensor([IDS])).logits[0]
            plain = load().eval()
            if base_class != "CAUSAL_LM":
                plain.config.pad_token_id = None
            without = plain(torch.tensor([IDS])).logits[0]
        with open(os.path.join(base_folder, "config.json")) as file:
            base_config = json.load(file)
        with open(os.path.join(adapter_folder, "adapter_config.json")) as file:
            adapter_config = json.load(file)
        adapter_config["base_model_name_or_path"] = "../base"
        adapter_config["target_modules"] = sorted(adapter_config["target_modules"] or [])
        base_config.pop("_attn_implementation", None)
        rounded = lambda tensor: [float(f"{value:.8g}") for value in tensor.tolist()]
        difference = float((without if without.dim() == 1 else without[-1]).sub(outputs).abs().max()) if base_class == "CAUSAL_LM" else None
        return {
            "name": name,
            "config": base_config,
            "base": base,
            "adapterConfig": adapter_config,
            "adapter": adapter,
            "hidden": rounded(hidden),
            "outputs": rounded(outputs),
            "changedBy": difference,
        }


def main():
    llama = transformers.LlamaConfig(**SMALL, tie_word_embeddings=False)
    qwen2 = transformers.Qwen2Config(**SMALL, tie_word_embeddings=True)
    qwen2_untied = transformers.Qwen2Config(**SMALL, tie_word_embeddings=False)
    gpt2 = transformers.GPT2Config(**SMALL_GPT2, tie_word_embeddings=True)
    phi3 = transformers.Phi3Config(**SMALL, tie_word_embeddings=False, pad_token_id=0)
    neox = transformers.GPTNeoXConfig(
        **{key: value for key, value in SMALL.items() if key != "num_key_value_heads"},
        rotary_pct=0.5,
        tie_word_embeddings=False,
    )
    lora = lambda **settings: peft.LoraConfig(**{"task_type": "CAUSAL_LM", "r": 3, "lora_alpha": 5, **settings})
    cases = [
        ("plain, with patterns of rank and alpha", llama, lora(
            target_modules=["q_proj", "v_proj", "o_proj", "gate_proj", "down_proj"],
            rank_pattern={"o_proj": 2, r"layers\.1\.mlp\.down_proj": 4},
            alpha_pattern={"down_proj": 7, "model.layers.0.self_attn.q_proj": 2},
        ), "CAUSAL_LM"),
        ("rank stabilised, with biases of its modules", qwen2_untied, lora(
            target_modules=["q_proj", "k_proj", "up_proj"], use_rslora=True, bias="lora_only"), "CAUSAL_LM"),
        ("on tied embeddings, with all biases", qwen2, lora(
            target_modules=["embed_tokens", "v_proj"], bias="all"), "CAUSAL_LM"),
        ("on the head of tied embeddings", qwen2, lora(target_modules=["lm_head", "q_proj"]), "CAUSAL_LM"),
        ("on an embedding that the head does not follow", qwen2, lora(
            target_modules=["q_proj"], modules_to_save=["embed_tokens"]), "CAUSAL_LM"),
        ("DoRA", llama, lora(target_modules=["q_proj", "down_proj"], use_dora=True), "CAUSAL_LM"),
        ("modules saved whole", llama, lora(
            target_modules=["k_proj"], modules_to_save=["embed_tokens", "lm_head"]), "CAUSAL_LM"),
        ("reward head on a causal base", llama, lora(
            task_type="SEQ_CLS", target_modules=["q_proj", "v_proj"]), "SEQ_CLS"),
        ("Conv1D", gpt2, lora(target_modules=["c_attn", "c_proj", "c_fc"]), "CAUSAL_LM"),
        ("reward head on Conv1D", gpt2, lora(task_type="SEQ_CLS", target_modules=["c_attn"]), "SEQ_CLS"),
        ("fused matrices", phi3, lora(target_modules=["qkv_proj", "gate_up_proj", "o_proj"]), "CAUSAL_LM"),
        ("query, key and value fused by heads", neox, lora(
            target_modules=["query_key_value", "dense", "dense_h_to_4h"], bias="lora_only"), "CAUSAL_LM"),
    ]
    versions = {"peft": peft.__version__, "transformers": transformers.__version__, "torch": torch.__version__}
    made = [make_case(*case) for case in cases]
    json.dump({"madeWith": versions, "ids": IDS, "cases": made}, sys.stdout, indent=None, separators=(",", ":"))


main()
