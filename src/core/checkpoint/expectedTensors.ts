import type { CheckpointHead } from './checkpoint';
import { describeDecoder } from '../onnx/architectures/describeDecoder';
import { listDecoderTensors } from '../onnx/decoderDescription';
import type { ModelConfig } from './modelConfig';

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
 * @throws AlidadeError `unsupported` for a family that the compiler does not know.
 */
export function expectedTensors(config: ModelConfig, head: CheckpointHead): ExpectedTensor[] {
  const decoder = describeDecoder(config);
  const body = listDecoderTensors(decoder).map(({ name, shape }) => ({
    name,
    shape,
    atLeastRows: name === decoder.embedding,
  }));
  return [...body, ...headTensors(config, head)];
}

function headTensors(config: ModelConfig, head: CheckpointHead): ExpectedTensor[] {
  const { hiddenSize, vocabSize, gating } = config;
  const languageModelHead: ExpectedTensor = {
    name: 'lm_head.weight',
    shape: [vocabSize, hiddenSize],
    atLeastRows: true,
    optional: true,
  };
  if (gating !== null) {
    const layers = Array.from({ length: gating.hiddenLayers + 1 }, (_, layer): ExpectedTensor[] => {
      const rows = layer === gating.hiddenLayers ? gating.objectives : gating.hiddenSize;
      const columns = layer === 0 ? hiddenSize : gating.hiddenSize;
      return [
        { name: `gating.layers.${layer}.weight`, shape: [rows, columns] },
        { name: `gating.layers.${layer}.bias`, shape: [rows] },
      ];
    });
    return [
      { name: 'regression_layer.weight', shape: [gating.objectives, hiddenSize] },
      { name: 'reward_transform_matrix', shape: [gating.objectives, gating.objectives] },
      ...layers.flat(),
      { name: 'gating.logit_scale', shape: [1] },
      languageModelHead,
    ];
  }
  if (head?.kind === 'classification' || config.architecture.endsWith('ForSequenceClassification')) {
    return [
      { name: 'score.weight', shape: [null, hiddenSize] },
      { name: 'score.bias', shape: [null], optional: true },
      languageModelHead,
    ];
  }
  return [languageModelHead];
}
