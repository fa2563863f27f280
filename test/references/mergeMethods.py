"""Reference numbers for merge methods: python test/references/mergeMethods.py > test/references/mergeMethods.json

Made with mergekit 0.1.5 and torch 2.15.0 (CPU, one thread). Sorts are made stable, so that of equal sizes at a threshold
the same stay on every machine. Random methods are here only where nothing is random.
"""

import base64
import json

import mergekit
import torch
from mergekit.merge_methods import merge_tensors

torch.set_num_threads(1)
sort, argsort = torch.sort, torch.argsort
torch.sort = lambda x, **options: sort(x, **{**options, "stable": True})
torch.argsort = lambda x, **options: argsort(x, **{**options, "stable": True})
torch.topk = lambda x, k, largest=True: tuple(part[:k] for part in sort(x, descending=largest, stable=True))

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
SHAPES = {"matrix": (6, 20), "vector": (37,), "cube": (3, 4, 5)}


def make_models():
    """base, a, b, c: the base and noise, some values left as they are, one row in b made of zeros."""
    generator = torch.Generator().manual_seed(6)
    models = {}
    for shape_name, shape in SHAPES.items():
        base = torch.randn(shape, generator=generator) * 0.5
        models[shape_name, "base"] = base
        for name in "abc":
            noise = torch.randn(shape, generator=generator) * 0.05
            noise[torch.rand(shape, generator=generator) < 0.2] = 0
            models[shape_name, name] = base + noise
        models[shape_name, "b"][0] = 0
    return models


def cases():
    """(method, models, base, parameters)"""
    three = ["base", "a", "b", "c"]
    two = ["base", "a", "b"]
    plain = ["a", "b", "c"]
    weights = [0.6, 0.5, 0.3]
    yield "linear", plain, None, {"weight": weights}
    yield "linear", plain, None, {"weight": weights, "normalize": False}
    many = [0.3, 0.7, 0.11, 0.2, 0.5, 0.4, 0.9, 0.33, 0.17]
    for count in [5, 6, 7, 8, 9]:
        yield "linear", ["base", "a", "b", "c", "a", "b", "c", "base", "a"][:count], None, {"weight": many[:count]}
    yield "passthrough", ["a"], None, {"scale": [0.3]}
    for t in [0.35, 0.0, 1.0]:
        yield "slerp", ["base", "a"], "base", {"t": t}
    yield "slerp", ["a", "b"], "b", {"t": 0.6}
    for method in ["task_arithmetic", "dare_linear", "dare_ties", "della", "della_linear"]:
        for normalize in [False, True]:
            yield method, three, "base", {"weight": weights, "normalize": normalize}
    yield "task_arithmetic", two, "base", {"weight": [1.0, -1.0], "normalize": True, "lambda": 0.7}
    yield "task_arithmetic", ["base"], "base", {}
    for density in [0.5, 0.05, 0.0]:
        yield "ties", three, "base", {"weight": weights, "density": density}
    yield "ties", three, "base", {"weight": weights, "density": [0.3, 1.0, 0.7], "normalize": False, "lambda": 1.3}
    yield "ties", two, "base", {"weight": [0.5, -0.4], "density": 0.6, "rescale": True}
    for method in ["breadcrumbs", "breadcrumbs_ties"]:
        yield method, three, "base", {"weight": weights, "density": [0.6, 0.7, 0.9], "gamma": 0.05}
        yield method, two, "base", {"weight": [0.5, 0.4], "density": 0.5, "gamma": 0.2, "normalize": True, "rescale": True}
    for select in [1.0, 0.5, 0.1, 0.0]:
        yield "sce", three, "base", {"select_topk": select}
    yield "sce", ["base", "a"], "base", {"select_topk": 0.5}
    for filter_wise in [False, True]:
        yield "model_stock", three, "base", {"filter_wise": filter_wise}
        yield "model_stock", two, "base", {"filter_wise": filter_wise}
    for flatten, row_wise in [(True, False), (False, False), (False, True)]:
        options = {"nuslerp_flatten": flatten, "nuslerp_row_wise": row_wise}
        yield "nuslerp", ["a", "b"], None, {"weight": [0.6, 0.4], **options}
        yield "nuslerp", two, "base", {"weight": [0.6, 0.5], **options}
    yield "nuslerp", ["a", "a"], None, {"weight": [0.6, 0.4]}
    for normalize in [True, False]:
        yield "multislerp", plain, None, {"weight": weights, "normalize_weights": normalize}
        yield "multislerp", three, "base", {"weight": weights, "normalize_weights": normalize}
    yield "karcher", plain, None, {}
    yield "karcher", ["a", "b"], None, {"max_iter": 3}
    yield "karcher", ["a", "c", "a", "b"], None, {"tol": 1e-3}
    for t in [0.02, 0.5]:
        yield "nearswap", ["base", "a"], "base", {"t": t}
    yield "arcee_fusion", ["base", "a"], "base", {}


def encode(tensor):
    return base64.b64encode(tensor.contiguous().view(torch.uint8).numpy().tobytes()).decode()


def main():
    models = make_models()
    results = []
    for method, names, base, parameters in cases():
        for dtype_name, dtype in DTYPES.items():
            for shape_name in SHAPES:
                if shape_name == "cube" and method not in ("nuslerp", "model_stock"):
                    continue
                if dtype_name == "F16" and parameters.get("weight") == [1.0, -1.0]:
                    continue  # mergekit divides by zero here
                tensors = [models[shape_name, name].to(dtype) for name in names]
                result = merge_tensors(
                    tensors,
                    method,
                    parameters=parameters,
                    base_index=None if base is None else names.index(base),
                )
                results.append(
                    {
                        "method": method,
                        "models": names,
                        "base": base,
                        "parameters": parameters,
                        "dtype": dtype_name,
                        "shape": shape_name,
                        "expected": encode(result.to(dtype)),
                    }
                )
    inputs = {
        f"{shape_name}.{name}.{dtype_name}": encode(tensor.to(dtype))
        for (shape_name, name), tensor in models.items()
        for dtype_name, dtype in DTYPES.items()
    }
    made_with = {"mergekit": "0.1.5", "torch": torch.__version__}
    print(json.dumps({"madeWith": made_with, "shapes": SHAPES, "inputs": inputs, "cases": results}, separators=(",", ":")))


main()
