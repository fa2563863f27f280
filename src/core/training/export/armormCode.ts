import { armormClass } from './armormConfig';

/**
 * The code with which transformers reads a checkpoint in ArmoRM's layout (`trust_remote_code=True`): the same mathematics
 * and the same outputs as ArmoRM's own class, for any body.
 * @param classPrefix what the family's class names begin with: `Llama`.
 */
export function armormCode(classPrefix: string): string {
  return `"""A reward model whose weights depend on the prompt, in the layout of ArmoRM (arXiv:2406.12845)."""

from dataclasses import dataclass
from typing import Optional

import torch
from torch import nn
from transformers import AutoModel, PreTrainedModel, ${classPrefix}Config
from transformers.utils import ModelOutput


@dataclass
class RewardOutput(ModelOutput):
    """Shapes: rewards and gating_output [batch, objectives], states [batch, hidden], score and logits [batch]."""

    rewards: Optional[torch.Tensor] = None
    hidden_state: Optional[torch.Tensor] = None
    prompt_embedding: Optional[torch.Tensor] = None
    gating_output: Optional[torch.Tensor] = None
    score: Optional[torch.Tensor] = None
    logits: Optional[torch.Tensor] = None


class Gate(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden = [config.gating_hidden_dim] * config.gating_n_hidden
        sizes = [config.hidden_size, *hidden, config.num_objectives]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))
        self.logit_scale = nn.Parameter(torch.ones(1))
        self.temperature = config.gating_temperature

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        # Over the objectives, not over the texts; the scale comes after the softmax.
        return torch.softmax(self.layers[-1](x) / self.temperature, dim=-1) * self.logit_scale


class ${armormClass(classPrefix)}(PreTrainedModel):
    config_class = ${classPrefix}Config
    base_model_prefix = "model"

    def __init__(self, config):
        super().__init__(config)
        self.model = AutoModel.from_config(config)
        self.regression_layer = nn.Linear(config.hidden_size, config.num_objectives, bias=False)
        identity = torch.eye(config.num_objectives)
        self.reward_transform_matrix = nn.Parameter(identity, requires_grad=False)
        self.gating = Gate(config)
        self.post_init()

    def gate_position(self, ids):
        """The first token of the last run that closes the prompt and opens the reply."""
        run = self.config.gating_token_ids
        tokens = ids.tolist()
        for start in range(len(tokens) - len(run), -1, -1):
            if tokens[start : start + len(run)] == run:
                return start
        raise ValueError(f"the tokens {run} that open a reply are not in the text")

    def last_position(self, ids):
        pad = self.config.pad_token_id
        if pad is None:
            return len(ids) - 1
        is_pad = (ids == pad).nonzero()
        return len(ids) - 1 if len(is_pad) == 0 else (int(is_pad[0]) - 1) % len(ids)

    def forward(self, input_ids, attention_mask=None, **kwargs):
        if self.config.pad_token_id is None and 1 < len(input_ids):
            raise ValueError("there is no padding token: give one text at a time")
        states = self.model(input_ids=input_ids, attention_mask=attention_mask, **kwargs).last_hidden_state
        rows = torch.arange(len(input_ids), device=states.device)
        last = torch.tensor([self.last_position(ids) for ids in input_ids], device=states.device)
        opening = torch.tensor([self.gate_position(ids) for ids in input_ids], device=states.device)
        hidden_state, prompt_embedding = states[rows, last], states[rows, opening]
        rewards = self.regression_layer(hidden_state)
        gating_output = self.gating(prompt_embedding)
        score = (gating_output * (rewards @ self.reward_transform_matrix)).sum(dim=-1).float()
        return RewardOutput(
            rewards=rewards,
            hidden_state=hidden_state,
            prompt_embedding=prompt_embedding,
            gating_output=gating_output,
            score=score,
            logits=score,
        )
`;
}
