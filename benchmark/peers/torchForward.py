"""Runs the body of a checkpoint with transformers, one command a line on stdin, one JSON answer a line on stdout.

    {"op": "load", "folder", "threads"}
    {"op": "run", "variant": {"dtype", "attention", "quantised", "compiled"}, "batches": [[[id, ...], ...], ...], "states"}

Texts of a batch are padded on the right without an attention mask: in a causal model no token sees what comes after it,
and without a mask torch takes its faster kernel. A run answers with its wall and CPU time in seconds and, if asked, the last
hidden state of every text. A variant is opened when it is first asked for.
"""

import json
import os
import sys
import time

os.environ["TRANSFORMERS_OFFLINE"] = "1"

import torch
import transformers
from transformers import AutoModel

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
models = {}
place = None


def load(folder, threads):
    global place
    torch.set_num_threads(threads)
    place = folder
    return {"version": f"transformers {transformers.__version__} on torch {torch.__version__}"}


def open_variant(dtype, attention, quantised=False, compiled=False):
    key = (dtype, attention, quantised, compiled)
    if key not in models:
        model = AutoModel.from_pretrained(place, dtype=DTYPES[dtype], attn_implementation=attention).eval()
        if quantised:
            model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
        models[key] = torch.compile(model, dynamic=True) if compiled else model
    return models[key]


def run(variant, batches, states=False):
    model = open_variant(**variant)
    kept = []
    with torch.inference_mode():
        wall, cpu = time.perf_counter(), time.process_time()
        for texts in batches:
            length = max(map(len, texts))
            ids = torch.tensor([text + [0] * (length - len(text)) for text in texts])
            hidden = model(input_ids=ids, use_cache=False).last_hidden_state
            kept.append(hidden[torch.arange(len(texts)), torch.tensor([len(text) - 1 for text in texts])].float())
        answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    if states:
        answer["states"] = torch.cat(kept).tolist()
    return answer


def main():
    for line in sys.stdin:
        command = json.loads(line)
        operation = command.pop("op")
        try:
            answer = load(**command) if operation == "load" else run(**command)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
