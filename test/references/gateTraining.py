"""Steps of torch.optim.AdamW along a cosine, and the loss of Bradley and Terry in torch.

    pip install torch==2.15 && python test/references/gateTraining.py > test/references/gateTraining.json
"""

import json

import torch
from torch.nn import functional

torch.manual_seed(3)


def adamw(decay):
    parameter = torch.nn.Parameter(torch.linspace(-1, 1, 5, dtype=torch.float64))
    start = parameter.detach().tolist()
    optimiser = torch.optim.AdamW([parameter], lr=0.05, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=8)
    gradients, rates = [], []
    for _ in range(8):
        parameter.grad = torch.randn(5, dtype=torch.float64)
        gradients.append(parameter.grad.tolist())
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return {"decay": decay, "start": start, "gradients": gradients, "rates": rates, "end": parameter.tolist()}


def losses():
    margins, targets = torch.randn(6, dtype=torch.float64) * 3, torch.rand(6, dtype=torch.float64)
    weights = torch.rand(6, dtype=torch.float64)
    return {
        "margins": margins.tolist(),
        "targets": targets.tolist(),
        "weights": weights.tolist(),
        "bradleyTerry": ((weights * -functional.logsigmoid(margins - targets)).sum() / weights.sum()).item(),
    }


answer = {
    "torch": torch.__version__.split("+")[0],
    "adamW": [adamw(0.0), adamw(0.1)],
    "losses": losses(),
}
print(json.dumps(answer))
