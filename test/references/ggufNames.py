"""What llama.cpp calls the tensors of each family: python test/references/ggufNames.py > test/references/ggufNames.json

    pip install gguf==0.19.0

By architecture of GGUF files (`general.architecture`), for one layer: names of transformers to names in the file, and the
names of tables of rotary factors. Both without `.weight` and `.bias`.
"""

import json
from importlib.metadata import version

from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, MODEL_TENSOR, TENSOR_NAMES, get_tensor_name_map

with open("test/references/modelFamilies.json", encoding="utf-8") as file:
    CASES = json.load(file)["cases"]
ARCHITECTURES = {
    "llama": MODEL_ARCH.LLAMA,
    "qwen2": MODEL_ARCH.QWEN2,
    "qwen3": MODEL_ARCH.QWEN3,
    "gemma": MODEL_ARCH.GEMMA,
    "gemma2": MODEL_ARCH.GEMMA2,
    "gemma3_text": MODEL_ARCH.GEMMA3,
    "phi3": MODEL_ARCH.PHI3,
    "smollm3": MODEL_ARCH.SMOLLM3,
    "olmo2": MODEL_ARCH.OLMO2,
    "olmo3": MODEL_ARCH.OLMO2,
    "granite": MODEL_ARCH.GRANITE,
    "gpt2": MODEL_ARCH.GPT2,
    "gpt_neox": MODEL_ARCH.GPTNEOX,
}


def main() -> None:
    families = {}
    for family, arch in ARCHITECTURES.items():
        tensors = next(case["tensors"] for case in CASES if case["configs"][0]["model_type"] == family)
        stems = {name.rsplit(".", 1)[0] for name in tensors if not any(f".{layer}." in name for layer in (1, 2))}
        names = get_tensor_name_map(arch, 1)
        found = {stem: names.get_name(stem) for stem in sorted(stems | {"lm_head"})}
        families[family] = {"architecture": MODEL_ARCH_NAMES[arch], "names": found}
    tables = [MODEL_TENSOR.ROPE_FREQS, MODEL_TENSOR.ROPE_FACTORS_SHORT, MODEL_TENSOR.ROPE_FACTORS_LONG]
    result = {
        "madeWith": {"gguf": version("gguf")},
        "ropeTables": [TENSOR_NAMES[table] for table in tables],
        "families": families,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
