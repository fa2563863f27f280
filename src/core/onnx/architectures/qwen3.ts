import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';
import { describeLlamaLike } from './llamaLike';

/** Qwen3: a norm on every head of query and key. */
export function describeQwen3(config: ModelConfig): DecoderDescription {
  return describeLlamaLike(config, {
    queryKeyValueBias: config.attentionBias,
    outputBias: config.attentionBias,
    mlpBias: false,
    headNorms: true,
  });
}
