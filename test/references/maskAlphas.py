"""Files as the reference code of HMA writes them (`mask_alphas.bin`), with the ratios that its merge would take.

    pip install torch==2.15 && python test/references/maskAlphas.py > test/references/maskAlphas.json

As in mask_trainer.py: one parameter a block, which the linear modules of its layers share; the ratio of a block is
init_val * (sigmoid(logit) + epsilon) / sum(sigmoid + epsilon) * number of blocks. Files are base64.
"""

import base64
import io
import json

import torch

MODULES = ["self_attn.q_proj", "self_attn.o_proj", "mlp.down_proj"]


def case(logits: list[float], layers: list[int], dtype: torch.dtype, alpha: float, epsilon: float, shared: bool = True, **how) -> dict:
    blocks = {index: torch.nn.Parameter(torch.tensor(logit, dtype=dtype)) for index, logit in enumerate(logits)}
    modules = {
        f"model.layers.{layer}.{name}": blocks[block] if shared else torch.nn.Parameter(blocks[block].detach().clone())
        for layer, block in enumerate(layers)
        for name in MODULES
    }
    parts = {block: torch.sigmoid(value.detach().double()) + epsilon for block, value in blocks.items()}
    total = sum(parts.values())
    file = io.BytesIO()
    torch.save(
        {
            "mask_alphas": modules,
            "mask_bkp_alphas": blocks if shared else {},
            "init_val": alpha,
            "epsilon": epsilon,
            "base_gammas": {},
        },
        file,
        **how,
    )
    return {
        "file": base64.b64encode(file.getvalue()).decode(),
        "layers": layers,
        "ratios": [(alpha * part / total * len(logits)).item() for part in parts.values()],
        "alpha": alpha,
        "epsilon": epsilon,
    }


def main() -> None:
    print(
        json.dumps(
            {
                "origin": f"torch {torch.__version__}",
                "float32": case([-1.3862943611198906, -0.5, 0.75], [0, 1, 1, 2], torch.float32, 0.2, 0.2),
                "bfloat16": case([-1.3862943611198906, -0.5, 0.75], [0, 1, 1, 2], torch.bfloat16, 0.25, 0.0),
                "equal": case([-1.5, -1.5], [0, 0, 1, 1], torch.float16, 0.2, 1e-6),
                "linearwise": case([-1.5, -1.25], [0, 1], torch.float32, 0.2, 0.2, shared=False),
                "old": case([-1.5, -1.25], [0, 1], torch.float32, 0.2, 0.2, _use_new_zipfile_serialization=False),
            },
            indent=1,
        )
    )


main()
