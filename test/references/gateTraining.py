"""Steps of torch.optim.AdamW along a cosine, losses as torch has them, and contrastive losses term by term.

    pip install torch==2.15 && python test/references/gateTraining.py > test/references/gateTraining.json
"""

import json
import math

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
    logits, classes = torch.randn(6, 4, dtype=torch.float64), torch.randint(4, (6,))
    class_weights = torch.rand(4, dtype=torch.float64)
    binary = functional.binary_cross_entropy_with_logits(margins, targets, weight=weights, reduction="sum")
    return {
        "margins": margins.tolist(),
        "targets": targets.tolist(),
        "weights": weights.tolist(),
        "logits": logits.tolist(),
        "classes": classes.tolist(),
        "classWeights": class_weights.tolist(),
        "bradleyTerry": ((weights * -functional.logsigmoid(margins - targets)).sum() / weights.sum()).item(),
        "binary": (binary / weights.sum()).item(),
        "classCrossEntropy": functional.cross_entropy(logits, classes, weight=class_weights).item(),
        "squaredError": ((weights * (margins - targets) ** 2).sum() / weights.sum()).item(),
    }


def contrastive(features, is_positive, is_compared, temperature):
    """Term by term, as the papers write it."""
    unit = features / features.norm(dim=1, keepdim=True)
    total, anchors = 0.0, 0
    for i in range(len(unit)):
        others = [j for j in range(len(unit)) if j != i]
        positives = [j for j in others if is_positive(i, j)]
        if not positives:
            continue
        anchors += 1
        below = sum(math.exp(unit[i] @ unit[a] / temperature) for a in others if is_compared(i, a))
        total -= sum(math.log(math.exp(unit[i] @ unit[p] / temperature) / below) for p in positives) / len(positives)
    return total / anchors


def contrastive_cases():
    features = torch.randn(8, 5, dtype=torch.float64)
    views = [{"example": i // 2, "label": (i // 2) % 2, "group": i // 4} for i in range(7)]
    views.append({"example": 9, "label": 5, "group": 0})

    def same(key):
        return lambda i, j: views[i][key] == views[j][key]

    label, group, example = same("label"), same("group"), same("example")
    return {
        "features": features.tolist(),
        "views": views,
        "temperature": 0.5,
        "byLabel": contrastive(features, label, lambda i, j: True, 0.5),
        "conditional": contrastive(
            features, example, lambda i, j: example(i, j) or (label(i, j) and group(i, j)), 0.5
        ),
    }


answer = {
    "torch": torch.__version__.split("+")[0],
    "adamW": [adamw(0.0), adamw(0.1)],
    "losses": losses(),
    "contrastive": contrastive_cases(),
}
print(json.dumps(answer))
