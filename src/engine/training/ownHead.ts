import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { findLinearHead, gateLayers } from '../../core/checkpoint/findRewardHead';
import { ARMORM_OBJECTIVES } from '../../core/reward/armormObjectives';
import { isDpaRewardModel } from '../../core/reward/dpaRewardModel';
import type { DenseLayer } from '../../core/reward/gatedHead';
import { KNOWN_GATE_TEXTS } from '../../core/reward/gateText';
import type { HeadFile, HeadObjective } from '../../core/reward/headFile';
import { openTokenizer } from '../checkpoint/openTokenizer';
import { readTensor } from '../checkpoint/readTensor';

const conversation = [
  { role: 'user', content: 'Where is the nearest pharmacy?' },
  { role: 'assistant', content: 'On the corner, next to the bakery.' },
];

/**
 * The head of a reward checkpoint as a head file says it.
 * @throws AlidadeError `unsupported` for heads that a head file cannot say, `weights` where there is none.
 */
export async function readOwnHead(checkpoint: Checkpoint): Promise<Omit<HeadFile, 'path'>> {
  const { head, config } = checkpoint;
  if (head === null) throw new AlidadeError({ code: 'weights', message: `${checkpoint.path} has no reward head` });
  const own = head.kind === 'gated' ? await readGated(checkpoint, head.objectives) : await readLinear(checkpoint);
  // Which of two rules says where the last token is matters only where texts hold the padding token.
  if (config.padTokenId !== null && !(await isWithoutPadding(checkpoint, config.padTokenId))) {
    throw unsupported(checkpoint, 'its texts hold the padding token, before which it reads');
  }
  return own;
}

async function readGated(checkpoint: Checkpoint, names: readonly string[]): Promise<Omit<HeadFile, 'path'>> {
  const { gating, modelType, hiddenSize } = checkpoint.config;
  const text = gating?.text ?? KNOWN_GATE_TEXTS[modelType];
  if (gating === null || text === undefined || gating.quantiles !== undefined) {
    throw unsupported(checkpoint, 'its gate is not of the kind of ArmoRM');
  }
  const read = (name: string): Promise<Float32Array> => readTensor(checkpoint, name);
  const layers: DenseLayer[] = [];
  for (const { weight, bias } of gateLayers(gating)) {
    layers.push({ weight: await read(weight), bias: bias === null ? null : await read(bias) });
  }
  const [logitScale] = await read('gating.logit_scale');
  return {
    metadata: {
      version: 1,
      name: checkpoint.name,
      objectives: names.map(describeObjective),
      pooling: { kind: 'last', layer: 'final' },
      body: { name: checkpoint.name, hiddenSize },
      gate: { text, temperature: gating.temperature },
    },
    weight: await read('regression_layer.weight'),
    bias: new Float32Array(names.length),
    gate: { transform: await read('reward_transform_matrix'), layers, logitScale },
  };
}

function describeObjective(name: string): HeadObjective {
  const scale = ARMORM_OBJECTIVES.find((known) => known.name === name)?.scale;
  if (scale === undefined || scale.full !== undefined) return { name, kind: 'linear' };
  const { min, max, unit } = scale;
  return { name, kind: 'linear', scale: { min, max, ...(unit === undefined ? {} : { unit }) } };
}

async function readLinear(checkpoint: Checkpoint): Promise<Omit<HeadFile, 'path'>> {
  const { head, config, tensors, name } = checkpoint;
  const layout = findLinearHead(tensors);
  if (layout === null || head === null) throw unsupported(checkpoint, 'it has no linear head');
  if (isDpaRewardModel(config, layout.outputs, name)) throw unsupported(checkpoint, 'it reads a prompt of its own');
  const [layer, ...others] = layout.layers;
  if (0 < others.length) throw unsupported(checkpoint, `its head has ${layout.layers.length} layers`);
  const objectives = head.objectives.map((objective): HeadObjective => ({ name: objective, kind: 'linear' }));
  return {
    metadata: {
      version: 1,
      name,
      objectives,
      pooling: { kind: 'last', layer: 'final' },
      body: { name, hiddenSize: config.hiddenSize },
    },
    weight: await readTensor(checkpoint, layer.weight),
    bias: tensors.has(layer.bias) ? await readTensor(checkpoint, layer.bias) : new Float32Array(objectives.length),
    gate: null,
  };
}

async function isWithoutPadding(checkpoint: Checkpoint, padTokenId: number): Promise<boolean> {
  const { tokenizer, template } = await openTokenizer(checkpoint);
  if (template === null) return true;
  const text = template.render(conversation, { addGenerationPrompt: false });
  return !tokenizer.encodeRendered(text).includes(padTokenId);
}

function unsupported({ path }: Checkpoint, reason: string): AlidadeError {
  return new AlidadeError({
    code: 'unsupported',
    message: `the head of ${path} cannot be written as a head file: ${reason}`,
    hint: 'its weights can be changed here, but not saved',
  });
}
