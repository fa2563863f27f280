import type { HeadPooling } from '../reward/rewardHead';
import type { GatingConfig, ModelConfig } from './modelConfig';
import type { TensorEntry } from './tensorEntry';

type Tensors = ReadonlyMap<string, Pick<TensorEntry, 'shape'>>;

/** A reward head of linear layers with ReLU between them, as the tensors of a checkpoint spell it. */
export interface LinearHeadLayout {
  /** The module's name, such as `score`. */
  readonly module: string;
  /** From the first to the last; the bias may be absent. */
  readonly layers: readonly { readonly weight: string; readonly bias: string }[];
  readonly outputs: number;
  readonly position: HeadPooling['position'];
}

/**
 * Modules that are reward heads: one Linear, or a Sequential of Linear and ReLU in turn, over the hidden state of one
 * token. Which token is that of the code that writes them.
 */
const linearHeads: readonly { readonly module: string; readonly position: HeadPooling['position'] }[] = [
  // transformers' *ForSequenceClassification, also OpenRLHF's default; with layers 0 and 2: Qwen2ForRewardModel, INF-ORM.
  { module: 'score', position: 'last-unpadded' },
  // OpenRLHF with value_head_prefix, models/model.py: the last token of the attention mask.
  { module: 'value_head', position: 'last' },
  // TRL's ValueHead; with layers 0 and 2: GRM (allenai/reward-bench, models/grm.py).
  { module: 'v_head.summary', position: 'last' },
  // DeepSpeed-Chat, Starling (allenai/reward-bench, models/starling.py).
  { module: 'v_head', position: 'before-padding' },
  // UltraRM, Eurus-RM (allenai/reward-bench, models/openbmb.py).
  { module: 'regression_head', position: 'last' },
  // PKU's beaver (allenai/reward-bench, models/beaver.py).
  { module: 'score_head', position: 'last' },
  // MOSS-RLHF.
  { module: 'reward_head', position: 'last' },
  // The rating layer of ArmoRM without its gate.
  { module: 'regression_layer', position: 'before-padding' },
];

const mostLayers = 16;

/** The linear reward head among some tensors; null: there is none that is known. */
export function findLinearHead(tensors: Tensors): LinearHeadLayout | null {
  for (const { module, position } of linearHeads) {
    const names = tensors.has(`${module}.weight`) ? [module] : sequentialLayers(module, tensors);
    if (names.length === 0) continue;
    const layers = names.map((name) => ({ weight: `${name}.weight`, bias: `${name}.bias` }));
    const outputs = tensors.get(layers.at(-1)?.weight ?? '')?.shape[0] ?? 0;
    return { module, layers, outputs, position };
  }
  return null;
}

/** `score.0`, `score.2`, …: the odd ones are ReLUs. */
function sequentialLayers(module: string, tensors: Tensors): string[] {
  const names: string[] = [];
  while (names.length < mostLayers && tensors.has(`${module}.${2 * names.length}.weight`)) {
    names.push(`${module}.${2 * names.length}`);
  }
  return names;
}

/** A layer of a gate: x·Wᵀ + b, then (all but the last) ReLU, then QRM's normalisation by running statistics. */
export interface GateLayerLayout {
  readonly weight: string;
  readonly bias: string | null;
  readonly normalisation: string | null;
}

/**
 * The layers of a gate. ArmoRM numbers its Linears alone (modeling_custom.py); QRM lists Linear without bias, ReLU and
 * BatchNorm1d one after the other, and a last Linear with bias (allenai/reward-bench, models/qrm.py).
 */
export function gateLayers({ hiddenLayers, quantiles }: GatingConfig): GateLayerLayout[] {
  return Array.from({ length: hiddenLayers + 1 }, (_, layer) => {
    const isLast = layer === hiddenLayers;
    const name = `gating.layers.${quantiles === undefined ? layer : 3 * layer}`;
    const hasBias = quantiles === undefined || isLast;
    const normalisation = quantiles === undefined || isLast ? null : `gating.layers.${3 * layer + 2}`;
    return { weight: `${name}.weight`, bias: hasBias ? `${name}.bias` : null, normalisation };
  });
}

/** Classes whose heads rate single tokens or steps of a text, not the text. */
const otherTasks = /For(TokenClassification|ProcessReward\w*|QuestionAnswering|MultipleChoice)$/;

/** What a tensor of a head may be called, outside the body. */
const headLike =
  /(^|[._])(rm|rewards?|score|value|critic|regression|classifier)(_?(head|layer|proj))?s?\.(\d+\.)?weight$/;

export interface UnknownHead {
  /** In words. */
  readonly problem: string;
  /** Tensors that may belong to it. */
  readonly tensors: readonly string[];
}

/** Why a checkpoint's head cannot be read although it seems to have one; null: nothing speaks against it. */
export function findUnknownHead({ architecture, gating }: ModelConfig, tensors: Tensors): UnknownHead | null {
  if (otherTasks.test(architecture)) {
    return { problem: `${architecture} rates tokens or steps, not texts: such heads are not supported`, tensors: [] };
  }
  if (gating !== null || findLinearHead(tensors) !== null) return null;
  const suspects = [...tensors.keys()].filter((name) => headLike.test(name) && !/\blayers?\.|\bh\./.test(name));
  if (suspects.length === 0) return null;
  const known = linearHeads.map(({ module }) => module).join(', ');
  return {
    problem: `${suspects.join(', ')} may be a reward head, but which token it rates is not known (known heads: ${known})`,
    tensors: suspects,
  };
}
