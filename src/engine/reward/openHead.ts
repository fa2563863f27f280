import { createHash } from 'node:crypto';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { findLinearHead, gateLayers } from '../../core/checkpoint/findRewardHead';
import { createClassificationHead } from '../../core/reward/classificationHead';
import { DPA_OBJECTIVES, isDpaRewardModel, writeDpaPrompt } from '../../core/reward/dpaRewardModel';
import { KNOWN_GATE_TEXTS } from '../../core/reward/gateText';
import { createGatedHead } from '../../core/reward/gatedHead';
import type { DenseLayer, GateLayer } from '../../core/reward/gatedHead';
import type { HeadFile } from '../../core/reward/headFile';
import { createMeterHead } from '../../core/reward/meterHead';
import type { RatingPrompt } from '../../core/reward/ratingPrompt';
import type { RewardHead } from '../../core/reward/rewardHead';
import { loadHeadFile } from '../checkpoint/loadHeadFile';
import { readTensor } from '../checkpoint/readTensor';

/** A head and a hash of its weights. */
export interface OpenedHead {
  readonly head: RewardHead;
  readonly hash: string;
  /** The prompt that the model was trained on; null: its chat template. */
  readonly prompt: RatingPrompt | null;
}

/** A tensor of a checkpoint as F32, by its name in transformers. */
export type ReadTensor = (name: string) => Promise<Float32Array>;

/**
 * The head that scores: the head file when one is given, else the checkpoint's own, whose weights `read` gives where they
 * are not in its files.
 * @throws AlidadeError `weights` when there is none, `unsupported`, `format`.
 */
export async function openHead(
  checkpoint: Checkpoint,
  headPath: string | null,
  read: ReadTensor = (name) => readTensor(checkpoint, name),
): Promise<OpenedHead> {
  if (headPath !== null) return openHeadFile(checkpoint, headPath);
  switch (checkpoint.head?.kind) {
    case 'gated':
      return openGatedHead(checkpoint, checkpoint.head.objectives, read);
    case 'classification':
      return openClassificationHead(checkpoint, checkpoint.head.objectives, read);
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
  return { head: createMeterHead(file), hash: hashOfFile(file), prompt: null };
}

/** Of the weights and of everything besides them that makes a score; not of what only describes it. */
function hashOfFile({ metadata, weight, bias, gate }: HeadFile): string {
  const { objectives, pooling, coefficients, gate: gating } = metadata;
  const kinds = objectives.map(({ name, kind, compute }) => [name, kind, compute]);
  const described = new TextEncoder().encode(JSON.stringify([kinds, pooling, coefficients, gating]));
  const gateWeights =
    gate === null ? [] : [gate.transform, Float32Array.of(gate.logitScale), ...gate.layers.flatMap(listWeights)];
  return hashOf([described, weight, bias, ...gateWeights]);
}

async function openClassificationHead(
  checkpoint: Checkpoint,
  labels: readonly string[],
  read: ReadTensor,
): Promise<OpenedHead> {
  const layout = findLinearHead(checkpoint.tensors);
  if (layout === null) throw new AlidadeError({ code: 'weights', message: `${checkpoint.path} has no reward head` });
  const layers: DenseLayer[] = [];
  for (const { weight, bias } of layout.layers) {
    layers.push({
      weight: await read(weight),
      bias: checkpoint.tensors.has(bias) ? await read(bias) : null,
    });
  }
  checkWidths(checkpoint, layers);
  const isDpa = isDpaRewardModel(checkpoint.config, layout.outputs, checkpoint.name);
  const head = createClassificationHead({
    layers,
    position: layout.position,
    objectives: isDpa ? DPA_OBJECTIVES : labels.map((name) => ({ name })),
    ...(isDpa ? { title: 'ten ratings of DPA, 0 to 100' } : {}),
  });
  const prompt = isDpa ? { name: 'DPA', write: writeDpaPrompt } : null;
  return { head, hash: hashOf(layers.flatMap(listWeights)), prompt };
}

/** Each layer of a head has to read what the one before it gives. @throws AlidadeError `weights` */
function checkWidths({ config, path, tensors }: Checkpoint, layers: readonly DenseLayer[]): void {
  let width = config.hiddenSize;
  for (const { weight, bias } of layers) {
    const outputs = weight.length / width;
    if (!Number.isInteger(outputs) || outputs === 0 || (bias !== null && bias.length !== outputs)) {
      const shapes = findLinearHead(tensors)?.layers.map(({ weight: name }) => tensors.get(name)?.shape.join('×'));
      throw new AlidadeError({
        code: 'weights',
        message: `${path}: the layers of the reward head, ${shapes?.join(', ')}, do not fit each other`,
        hint: 'fetch or copy the checkpoint again',
      });
    }
    width = outputs;
  }
}

async function openGatedHead(
  checkpoint: Checkpoint,
  objectives: readonly string[],
  read: ReadTensor,
): Promise<OpenedHead> {
  const { gating, modelType } = checkpoint.config;
  const gateText = gating?.text ?? KNOWN_GATE_TEXTS[modelType];
  if (gating === null || gateText === undefined) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `${checkpoint.path}: a reward gate on model type ${modelType} is not supported`,
      hint: `supported: ${Object.keys(KNOWN_GATE_TEXTS).join(', ')}`,
    });
  }
  const regression = await read('regression_layer.weight');
  const transform = await read('reward_transform_matrix');
  const gate: GateLayer[] = [];
  for (const { weight, bias, normalisation } of gateLayers(gating)) {
    gate.push({
      weight: await read(weight),
      bias: bias === null ? null : await read(bias),
      ...(normalisation === null ? {} : { normalisation: await readNormalisation(read, normalisation) }),
    });
  }
  const logitScale = await read('gating.logit_scale');
  const head = createGatedHead({
    regression,
    transform,
    gate,
    logitScale: logitScale[0] ?? 1,
    temperature: gating.temperature,
    ...(gating.quantiles === undefined ? {} : { quantiles: gating.quantiles }),
    objectives,
    gateText,
  });
  return { head, hash: hashOf([regression, transform, logitScale, ...gate.flatMap(listWeights)]), prompt: null };
}

async function readNormalisation(read: ReadTensor, name: string): Promise<GateLayer['normalisation'] & object> {
  return {
    mean: await read(`${name}.running_mean`),
    variance: await read(`${name}.running_var`),
    weight: await read(`${name}.weight`),
    bias: await read(`${name}.bias`),
  };
}

function listWeights({ weight, bias, normalisation }: GateLayer): Float32Array[] {
  const statistics = normalisation === undefined ? [] : Object.values(normalisation);
  return bias === null ? [weight, ...statistics] : [weight, bias, ...statistics];
}

function hashOf(weights: readonly (Float32Array | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const values of weights) hash.update(values);
  return hash.digest('hex');
}
