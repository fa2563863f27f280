import type { CheckpointHead } from './checkpoint';
import { describeDecoder } from '../onnx/architectures/describeDecoder';
import { listDecoderTensors } from '../onnx/decoderDescription';
import { gateLayers, type LinearHeadLayout } from './findRewardHead';
import type { GatingConfig, ModelConfig } from './modelConfig';

/** A tensor that a configuration asks for. */
export interface ExpectedTensor {
  readonly name: string;
  /** null: any size in this dimension. */
  readonly shape: readonly (number | null)[];
  /** It may be absent (lm_head of a model that uses its embedding instead). */
  readonly optional?: boolean;
  /** The first dimension is a lower bound: embeddings may be padded beyond the tokenizer. */
  readonly atLeastRows?: boolean;
}

/**
 * Every tensor of a model in the naming of transformers, in the order in which they are used.
 * @param linear the linear reward head that its tensors were found to have; null: as transformers names it.
 * @throws AlidadeError `unsupported` for a family that the compiler does not know.
 */
export function expectedTensors(
  config: ModelConfig,
  head: CheckpointHead,
  linear: LinearHeadLayout | null = null,
): ExpectedTensor[] {
  const decoder = describeDecoder(config);
  const body = listDecoderTensors(decoder).map(({ name, shape }) => ({
    name,
    shape,
    atLeastRows: name === decoder.embedding,
  }));
  return [...body, ...headTensors(config, head, linear)];
}

function headTensors(config: ModelConfig, head: CheckpointHead, linear: LinearHeadLayout | null): ExpectedTensor[] {
  const { hiddenSize, vocabSize, gating } = config;
  const languageModelHead: ExpectedTensor = {
    name: 'lm_head.weight',
    shape: [vocabSize, hiddenSize],
    atLeastRows: true,
    optional: true,
  };
  if (gating !== null) return [...gatedTensors(config, gating), languageModelHead];
  if (linear !== null) return [...linearTensors(linear, hiddenSize), languageModelHead];
  if (head?.kind === 'classification' || config.architecture.endsWith('ForSequenceClassification')) {
    return [
      { name: 'score.weight', shape: [null, hiddenSize] },
      { name: 'score.bias', shape: [null], optional: true },
      languageModelHead,
    ];
  }
  return [languageModelHead];
}

function gatedTensors({ hiddenSize }: ModelConfig, gating: GatingConfig): ExpectedTensor[] {
  const { objectives, quantiles = 1 } = gating;
  const layers = gateLayers(gating).map(({ weight, bias, normalisation }, layer): ExpectedTensor[] => {
    const rows = layer === gating.hiddenLayers ? objectives : gating.hiddenSize;
    const columns = layer === 0 ? hiddenSize : gating.hiddenSize;
    const statistics = ['weight', 'bias', 'running_mean', 'running_var'];
    return [
      { name: weight, shape: [rows, columns] },
      ...(bias === null ? [] : [{ name: bias, shape: [rows] }]),
      ...(normalisation === null
        ? []
        : statistics.map((part) => ({ name: `${normalisation}.${part}`, shape: [rows] }))),
    ];
  });
  return [
    { name: 'regression_layer.weight', shape: [objectives * quantiles, hiddenSize] },
    { name: 'reward_transform_matrix', shape: [objectives, objectives] },
    ...layers.flat(),
    { name: 'gating.logit_scale', shape: [1] },
  ];
}

/** All layers but the last are as wide as they are. */
function linearTensors({ layers }: LinearHeadLayout, hiddenSize: number): ExpectedTensor[] {
  return layers.flatMap(({ weight, bias }, index) => [
    { name: weight, shape: [null, index === 0 ? hiddenSize : null] },
    { name: bias, shape: [null], optional: true },
  ]);
}
