"""Trains a gate with torch, one command a line on stdin, one JSON answer a line on stdout.

    {"op": "load", "folder", "threads", "shape": {"inputs", "hidden", "objectives"}, "training", "heldOut", "factor", "recipe"}
    {"op": "round"}

The folder has states.f32 [prompts, inputs], differences.f64 [pairs, objectives] and parameters.f32 (weight and bias of each
layer, one after the other). Pair i is of prompt i; the first `training` pairs are learnt from, the next `heldOut` ones are
looked at. A round is `evaluateEvery` steps and a look. The states of a batch are read from the file: nothing else of it is
kept in memory.
"""

import json
import os
import resource
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

ROWS = 1024


class Gate(nn.Module):
    def __init__(self, inputs, hidden, objectives, dropout):
        super().__init__()
        sizes = [inputs, *hidden, objectives]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.margin_scale = nn.Parameter(torch.ones(1))
        self.dropout = dropout

    def forward(self, states, temperature):
        for layer in self.layers[:-1]:
            states = functional.dropout(functional.relu(layer(states)), self.dropout, self.training)
        return functional.softmax(self.layers[-1](states) / temperature, dim=-1)


class Training:
    def __init__(self, folder, threads, shape, training, heldOut, factor, recipe):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.inputs, self.factor, self.recipe = shape["inputs"], factor, recipe
        self.training, self.held_out = training, heldOut
        self.file = open(os.path.join(folder, "states.f32"), "rb", buffering=0)
        differences = np.fromfile(os.path.join(folder, "differences.f64"))
        self.differences = torch.from_numpy(differences.reshape(-1, shape["objectives"]))
        self.gate = Gate(**shape, dropout=recipe["dropout"])
        values = np.fromfile(os.path.join(folder, "parameters.f32"), dtype=np.float32)
        with torch.no_grad():
            for layer in self.gate.layers:
                for parameter in (layer.weight, layer.bias):
                    own, values = values[: parameter.numel()], values[parameter.numel() :]
                    parameter.copy_(torch.from_numpy(own.copy()).reshape(parameter.shape))
        options = recipe["optimiser"]
        self.optimiser = torch.optim.AdamW(
            self.gate.parameters(), lr=options["learningRate"], weight_decay=options["weightDecay"]
        )
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, T_max=options["steps"])
        self.random = np.random.default_rng(0)
        self.batch = np.empty((options["batch"], self.inputs), dtype=np.float32)
        self.step = 0

    def read(self, rows, into):
        size = 4 * self.inputs
        for place, row in enumerate(rows):
            self.file.seek(int(row) * size)
            self.file.readinto(into[place].data)
        return torch.from_numpy(into)

    def take(self):
        rows = self.random.integers(0, self.training, len(self.batch))
        states = self.read(rows, self.batch)
        differences = (self.factor * self.differences[rows]).float()
        gates = self.gate(states, self.recipe["temperature"])
        margins = self.gate.margin_scale * (gates * differences).sum(-1)
        loss = functional.softplus(-margins).mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        return loss.item()

    def look(self):
        self.gate.eval()
        margins = []
        rows = np.empty((ROWS, self.inputs), dtype=np.float32)
        end = self.training + self.held_out
        with torch.no_grad():
            for start in range(self.training, end, ROWS):
                own = np.arange(start, min(end, start + ROWS))
                gates = self.gate(self.read(own, rows[: len(own)]), self.recipe["temperature"]).double()
                scale = self.gate.margin_scale.double() * self.factor
                margins.append(scale * (gates * self.differences[own]).sum(-1))
        self.gate.train()
        return torch.cat(margins)

    def round(self):
        wall, cpu = time.perf_counter(), time.process_time()
        options = self.recipe["optimiser"]
        until = min(options["steps"], self.step + options["evaluateEvery"])
        loss = sum(self.take() for _ in range(self.step, until)) / (until - self.step)
        self.step = until
        margins = self.look()
        return {
            "step": until,
            "loss": loss,
            "heldOutLoss": functional.softplus(-margins).mean().item(),
            "heldOutAccuracy": (margins > 0).double().mean().item(),
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "peakResident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


def main():
    training = None
    for line in sys.stdin:
        command = json.loads(line)
        operation = command.pop("op")
        try:
            if operation == "load":
                training = Training(**command)
                answer = {"version": f"torch {torch.__version__}"}
            else:
                answer = training.round()
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
