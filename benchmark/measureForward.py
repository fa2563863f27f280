"""Runs the body of a checkpoint with transformers, one command a line on stdin, one JSON answer a line on stdout.

Commands: {"op": "load", "folder", "threads"}, {"op": "run", "attention", "batch": [[id, ...], ...], "state": bool}.
A run answers with its wall and CPU time in seconds and, if asked, the last hidden state of the first text.
"""

import json
import sys
import time

import torch
import transformers
from transformers import AutoModel

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
models = {}


def load(folder, threads):
    torch.set_num_threads(threads)
    for attention in ("sdpa", "eager"):
        model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention)
        models[attention] = model.eval()
    return {"torch": torch.__version__, "transformers": transformers.__version__, "threads": torch.get_num_threads()}


def run(attention, batch, state):
    ids = torch.tensor(batch)
    with torch.inference_mode():
        wall, cpu = time.perf_counter(), time.process_time()
        hidden = models[attention](input_ids=ids, use_cache=False).last_hidden_state
        answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    if state:
        answer["state"] = hidden[0, -1].tolist()
    return answer


def main():
    for line in sys.stdin:
        command = json.loads(line)
        operation = command.pop("op")
        answer = load(**command) if operation == "load" else run(**command)
        print(json.dumps(answer), flush=True)


main()
