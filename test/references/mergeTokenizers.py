"""What mergekit makes of models with other tokens: python test/references/mergeTokenizers.py > test/references/mergeTokenizers.json

Rows of the embeddings, by token, of mergekit 0.1.5 with torch 2.15.0 and transformers 5.23.0; no network.
Embeddings of model m hold 100 m + row + column / 10, so that a row of the output tells where it comes from.
"""

import json
import os
import tempfile

import torch
import yaml
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

os.environ["HF_HUB_OFFLINE"] = "1"
from mergekit.config import MergeConfiguration  # noqa: E402
from mergekit.merge import run_merge  # noqa: E402
from mergekit.options import MergeOptions  # noqa: E402

WIDTH = 4
MODELS = {
    "base": {"words": ["a", "b", "c", "d"], "added": ["<s>", "<x>"]},
    # Other places, one word less, others more; more rows than tokens.
    "left": {"words": ["c", "a", "e", "f", "b"], "added": ["<s>", "<y>"], "rows": 9},
    "right": {"words": ["a", "f", "g", "d"], "added": ["<s>", "<y>", "<z>"]},
}
BOTH = [("left", 0.5), ("right", 0.5)]
ALL = [("base", 0.5), ("left", 0.25), ("right", 0.25)]
CASES = {
    "base": {"models": ALL, "recipe": {"base_model": "base", "tokenizer_source": "base"}},
    "union": {"models": ALL, "recipe": {"base_model": "base", "tokenizer_source": "union"}},
    "union without a base": {"models": BOTH, "recipe": {"base_model": "left", "tokenizer_source": "union"}},
    "a model": {"models": ALL, "recipe": {"base_model": "base", "tokenizer_source": "right"}},
    "chosen tokens": {
        "models": ALL,
        "recipe": {
            "base_model": "base",
            "tokenizer": {
                "source": "union",
                "tokens": {
                    "<new>": {"source": {"kind": "model_token", "model": "left", "token": "e"}},
                    "<zero>": {"source": {"kind": "zero"}},
                    "b": {"source": "left", "force": True},
                    "g": {"source": {"kind": "model_token", "model": "base", "token_id": 1}},
                },
            },
        },
    },
    "padding": {
        "models": ALL,
        "recipe": {"base_model": "base", "tokenizer": {"source": "base", "pad_to_multiple_of": 8}},
    },
}


def write_model(folder, index, words, added, rows=None):
    os.makedirs(folder)
    vocabulary = {word: place for place, word in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    fast.add_tokens(added, special_tokens=True)
    fast.save_pretrained(folder)
    rows = rows or len(fast.get_vocab())
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH, "intermediate_size": 4,
        "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1, "vocab_size": rows,
        "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "tie_word_embeddings": False, "torch_dtype": "float32",
    }
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file)
    table = 100.0 * index + torch.arange(rows).reshape(-1, 1) + torch.arange(WIDTH).reshape(1, -1) / 10
    tensors = {"model.embed_tokens.weight": table.float(), "lm_head.weight": (-table).float().contiguous()}
    tensors["model.norm.weight"] = torch.ones(WIDTH)
    for name in ["input_layernorm", "post_attention_layernorm"]:
        tensors[f"model.layers.0.{name}.weight"] = torch.ones(WIDTH)
    for name in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.up_proj", "mlp.gate_proj", "mlp.down_proj"]:
        tensors[f"model.layers.0.{name}.weight"] = torch.ones(4, 4)
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})


def main():
    results = {}
    with tempfile.TemporaryDirectory() as root:
        os.chdir(root)
        for index, (name, given) in enumerate(MODELS.items(), start=1):
            write_model(name, index, **given)
        for name, case in CASES.items():
            recipe = {
                "models": [{"model": model, "parameters": {"weight": weight}} for model, weight in case["models"]],
                "merge_method": "linear",
                "dtype": "float32",
                **case["recipe"],
            }
            out = f"out {name}"
            run_merge(MergeConfiguration.model_validate(recipe), out, MergeOptions(write_model_card=False, quiet=True))
            merged = load_file(os.path.join(out, "model.safetensors"))
            table = merged["model.embed_tokens.weight"]
            assert torch.equal(merged["lm_head.weight"], -table)
            with open(os.path.join(out, "tokenizer.json")) as file:
                vocabulary = Tokenizer.from_str(file.read()).get_vocab()
            with open(os.path.join(out, "config.json")) as file:
                config = json.load(file)
            padding = [table[row].tolist() for row in range(len(vocabulary), len(table))]
            results[name] = {
                "recipe": yaml.safe_dump(recipe, sort_keys=False),
                "vocabSize": config["vocab_size"],
                "rows": {token: table[row].tolist() for token, row in sorted(vocabulary.items())},
                "padding": padding,
            }
    print(json.dumps({"origin": "mergekit 0.1.5", "width": WIDTH, "models": MODELS, "cases": results}, indent=1))


main()
