import { createHash } from 'node:crypto';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { createClassificationHead } from '../../core/reward/classificationHead';
import { createGatedHead } from '../../core/reward/gatedHead';
import type { DenseLayer } from '../../core/reward/gatedHead';
import { createMeterHead } from '../../core/reward/meterHead';
import type { RewardHead } from '../../core/reward/rewardHead';
import { loadHeadFile } from '../checkpoint/loadHeadFile';
import { readTensor } from '../checkpoint/readTensor';

/** A head and a hash of its weights. */
export interface OpenedHead {
  readonly head: RewardHead;
  readonly hash: string;
}

/**
 * The start of a reply as the gate looks for it, by model type: end of the user's turn and the assistant's header
 * (armo-rm/stage-2_prepare.py). Encoded with the model's own tokenizer, so that the ids fit any vocabulary.
 */
const GATE_TEXTS: Readonly<Record<string, string>> = {
  llama: '<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
};

/**
 * The head that scores: the head file when one is given, else the checkpoint's own.
 * @throws AlidadeError `weights` when there is none, `unsupported`, `format`.
 */
export async function openHead(checkpoint: Checkpoint, headPath: string | null): Promise<OpenedHead> {
  if (headPath !== null) return openHeadFile(checkpoint, headPath);
  switch (checkpoint.head?.kind) {
    case 'gated':
      return openGatedHead(checkpoint, checkpoint.head.objectives);
    case 'classification':
      return openClassificationHead(checkpoint, checkpoint.head.objectives);
    case undefined:
      throw new AlidadeError({
        code: 'weights',
        message: `${checkpoint.path} has no reward head`,
        hint: 'choose a reward model, or give a head file with --head',
      });
  }
}

async function openHeadFile(checkpoint: Checkpoint, headPath: string): Promise<OpenedHead> {
  const file = await loadHeadFile(headPath);
  const { hiddenSize, layerCount } = checkpoint.config;
  if (file.metadata.body.hiddenSize !== hiddenSize) {
    throw new AlidadeError({
      code: 'weights',
      message: `${headPath} fits a body of hidden size ${file.metadata.body.hiddenSize}, ${checkpoint.path} has ${hiddenSize}`,
      hint: `use it with ${file.metadata.body.name}`,
    });
  }
  const { layer } = file.metadata.pooling;
  if (typeof layer === 'number' && layerCount < layer) {
    throw new AlidadeError({
      code: 'weights',
      message: `${headPath} reads layer ${layer}, ${checkpoint.path} has ${layerCount}`,
      hint: `use it with ${file.metadata.body.name}`,
    });
  }
  return { head: createMeterHead(file), hash: hashOf([file.weight, file.bias]) };
}

async function openClassificationHead(checkpoint: Checkpoint, labels: readonly string[]): Promise<OpenedHead> {
  const weight = await readTensor(checkpoint, 'score.weight');
  const bias = checkpoint.tensors.has('score.bias') ? await readTensor(checkpoint, 'score.bias') : null;
  const head = createClassificationHead({ score: { weight, bias }, labels });
  return { head, hash: hashOf(listWeights({ weight, bias })) };
}

async function openGatedHead(checkpoint: Checkpoint, objectives: readonly string[]): Promise<OpenedHead> {
  const { gating, modelType } = checkpoint.config;
  const gateText = GATE_TEXTS[modelType];
  if (gating === null || gateText === undefined) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${checkpoint.path}: a reward gate on model type ${modelType} is not supported`,
      hint: `supported: ${Object.keys(GATE_TEXTS).join(', ')}`,
    });
  }
  const regression = await readTensor(checkpoint, 'regression_layer.weight');
  const transform = await readTensor(checkpoint, 'reward_transform_matrix');
  const gate: DenseLayer[] = [];
  for (let index = 0; index <= gating.hiddenLayers; index += 1) {
    gate.push({
      weight: await readTensor(checkpoint, `gating.layers.${index}.weight`),
      bias: await readTensor(checkpoint, `gating.layers.${index}.bias`),
    });
  }
  const logitScale = await readTensor(checkpoint, 'gating.logit_scale');
  const head = createGatedHead({
    regression,
    transform,
    gate,
    logitScale: logitScale[0] ?? 1,
    temperature: gating.temperature,
    objectives,
    gateText,
  });
  return { head, hash: hashOf([regression, transform, logitScale, ...gate.flatMap(listWeights)]) };
}

function listWeights({ weight, bias }: DenseLayer): Float32Array[] {
  return bias === null ? [weight] : [weight, bias];
}

function hashOf(weights: readonly Float32Array[]): string {
  const hash = createHash('sha256');
  for (const values of weights) hash.update(values);
  return hash.digest('hex');
}
