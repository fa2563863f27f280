import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { AttentionLayer, DecoderDescription, LinearLayer, NormLayer } from '../decoderDescription';

/** Makers of the parts that descriptions are put together from, each with what a configuration says about all of them. */
export interface DecoderParts {
  /** A matrix stored under `name.weight`, and its bias under `name.bias`. */
  linear(name: string, outputs: number, inputs: number, hasBias: boolean): LinearLayer;
  rmsNorm(name: string, size: number): NormLayer;
  /** With a bias. */
  layerNorm(name: string, size: number): NormLayer;
  /** What the configuration says about the attention of a layer. */
  attention(index: number): Pick<AttentionLayer, 'scale' | 'softcap' | 'window' | 'rotary'>;
}

export function decoderParts({ normEpsilon, windowPerLayer, rotaryPerLayer, traits }: ModelConfig): DecoderParts {
  const norm = { epsilon: normEpsilon, offset: traits.normOffset };
  return {
    linear: (name, outputs, inputs, hasBias) => ({
      weight: `${name}.weight`,
      bias: hasBias ? `${name}.bias` : null,
      outputs,
      inputs,
      layout: traits.linearLayout,
    }),
    rmsNorm: (name, size) => ({ kind: 'rms', weight: `${name}.weight`, bias: null, size, ...norm }),
    layerNorm: (name, size) => ({ kind: 'mean', weight: `${name}.weight`, bias: `${name}.bias`, size, ...norm }),
    attention: (index) => ({
      scale: traits.isScaledByLayer ? traits.attentionScale / (index + 1) : traits.attentionScale,
      softcap: traits.attentionSoftcap,
      window: windowPerLayer[index] ?? null,
      rotary: rotaryPerLayer[index] ?? null,
    }),
  };
}

/** What of a decoder is named and built in the same way in every family; the family adds the rest. */
export type NamedParts = Pick<DecoderDescription, 'embedding' | 'finalNorm'> &
  Partial<Pick<DecoderDescription, 'positionEmbedding'>> & {
    readonly layer: (index: number) => DecoderDescription['layers'][number];
  };

export function assembleDecoder(config: ModelConfig, { layer, ...named }: NamedParts): DecoderDescription {
  const { hiddenSize, headCount, keyValueHeadCount, headDim, vocabSize, contextLength, rotaries, traits } = config;
  const { embeddingMultiplier, residualMultiplier, logitMultiplier, logitSoftcap, hasParallelResidual } = traits;
  return {
    ...{ hiddenSize, headCount, keyValueHeadCount, headDim, vocabSize, contextLength, rotaries },
    ...{ embeddingMultiplier, residualMultiplier, logitMultiplier, logitSoftcap, hasParallelResidual },
    positionEmbedding: null,
    layers: Array.from({ length: config.layerCount }, (_, index) => layer(index)),
    languageModelHead: 'lm_head.weight',
    ...named,
  };
}
