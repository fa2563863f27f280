"""Scores of exported checkpoints in ArmoRM's layout, as transformers gives them, for test/engine/training/armormReference.test.ts.

The exports are made by the test itself, so that the numbers are of the very files that are written:

    ALIDADE_ARMORM_FOLDER=DIR npx mocha ... armormReference.test.js
    python test/references/armormExport.py DIR

Each is loaded with the code that lies in it (trust_remote_code), and computed a second time from its tensors alone, as
modeling_custom.py of RLHFlow/ArmoRM-Llama3-8B-v0.1 is described: ratings at the last token before the padding, the gate
at the first token of the last run that opens a reply, softmax over the objectives, logit_scale after it, r' = r M.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors import safe_open
from transformers import AutoModel, AutoModelForSequenceClassification

begin, user, assistant, end, pad = range(256, 261)


def turn(role, text):
    return [role, *text.encode(), end]


conversations = [
    [begin, *turn(user, "Which way is north?"), *turn(assistant, "That way.")],
    [begin, *turn(user, "2 + 2"), *turn(assistant, "five"), *turn(user, "No."), *turn(assistant, "four")],
    [begin, *turn(user, ""), *turn(assistant, "")],
]


def restated(folder, config, ids):
    tensors = {}
    for file in folder.glob("*.safetensors"):
        with safe_open(file, "pt") as opened:
            tensors.update({name: opened.get_tensor(name) for name in opened.keys()})
    body = AutoModel.from_config(config).eval()
    own = {name.removeprefix("model."): value for name, value in tensors.items() if name.startswith("model.")}
    missing, unexpected = body.load_state_dict(own, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    states = body(input_ids=torch.tensor([ids])).last_hidden_state[0]
    run = config.gating_token_ids
    opening = max(i for i in range(len(ids)) if ids[i : i + len(run)] == run)
    last = ids.index(pad) - 1 if pad in ids else len(ids) - 1
    x = states[opening]
    for layer in range(config.gating_n_hidden + 1):
        x = tensors[f"gating.layers.{layer}.weight"] @ x + tensors[f"gating.layers.{layer}.bias"]
        if layer < config.gating_n_hidden:
            x = x.clamp(min=0)
    gate = tensors["gating.logit_scale"] * torch.softmax(x / config.gating_temperature, 0)
    rewards = tensors["regression_layer.weight"] @ states[last]
    return float(gate @ (rewards @ tensors["reward_transform_matrix"]))


def main():
    cases = []
    with torch.no_grad():
        for folder in sorted(Path(sys.argv[1]).iterdir()):
            family, kind = folder.name.split("-")
            model = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=True).eval()
            scores = []
            for ids in conversations:
                score = float(model(input_ids=torch.tensor([ids])).score[0])
                other = restated(folder, model.config, ids)
                assert abs(score - other) < 1e-5, (folder, score, other)
                scores.append(score)
            longest = max(map(len, conversations))
            padded = torch.tensor([ids + [pad] * (longest - len(ids)) for ids in conversations])
            together = model(input_ids=padded, attention_mask=(padded != pad).long()).logits
            assert torch.allclose(together, torch.tensor(scores), atol=1e-5), (folder, together, scores)
            cases.append({"family": family, "isGated": kind == "gated", "ids": conversations, "scores": scores})
    made_with = {"transformers": transformers.__version__, "torch": torch.__version__}
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    text = f'{{"madeWith":{json.dumps(made_with)},"cases":[\n{lines}\n]}}\n'
    Path(__file__).with_suffix(".json").write_text(text)


main()
