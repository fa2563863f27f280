import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';
import { describeLlamaLike } from './llamaLike';

/** Mistral 7B: no biases, optional sliding window. */
export function describeMistral(config: ModelConfig): DecoderDescription {
  return describeLlamaLike(config, {
    queryKeyValueBias: false,
    outputBias: false,
    mlpBias: false,
    headNorms: false,
  });
}
