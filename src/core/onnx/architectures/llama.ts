import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';
import { describeLlamaLike } from './llamaLike';

/** Llama 1–3 and what shares its layout (SmolLM2, Yi, …). */
export function describeLlama(config: ModelConfig): DecoderDescription {
  return describeLlamaLike(config, {
    queryKeyValueBias: config.attentionBias,
    outputBias: config.attentionBias,
    mlpBias: config.mlpBias,
    headNorms: false,
  });
}
