import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';
import { describeLlamaLike } from './llamaLike';

/** Qwen2 and Qwen2.5: biases on query, key and value only. */
export function describeQwen2(config: ModelConfig): DecoderDescription {
  return describeLlamaLike(config, {
    queryKeyValueBias: true,
    outputBias: false,
    mlpBias: false,
    headNorms: false,
  });
}
