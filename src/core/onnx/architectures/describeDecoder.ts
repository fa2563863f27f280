import { AlidadeError } from '../../alidadeError';
import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';
import { describeLlama } from './llama';
import { describeMistral } from './mistral';
import { describeQwen2 } from './qwen2';
import { describeQwen3 } from './qwen3';

/** One row a family, by `model_type`. */
const ARCHITECTURES: Readonly<Record<string, (config: ModelConfig) => DecoderDescription>> = {
  llama: describeLlama,
  mistral: describeMistral,
  qwen2: describeQwen2,
  qwen3: describeQwen3,
};

/**
 * The layers of a model.
 * @throws AlidadeError `unsupported` for a family or activation that the compiler does not know.
 */
export function describeDecoder(config: ModelConfig): DecoderDescription {
  const describe = Object.hasOwn(ARCHITECTURES, config.modelType) ? ARCHITECTURES[config.modelType] : undefined;
  if (describe === undefined) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `model type ${config.modelType} (${config.architecture}) is not supported`,
      hint: `supported: ${Object.keys(ARCHITECTURES).join(', ')}`,
    });
  }
  if (config.activation !== 'silu') {
    throw new AlidadeError({
      code: 'unsupported',
      message: `activation ${config.activation} is not supported for model type ${config.modelType}`,
      hint: 'supported: silu',
    });
  }
  return describe(config);
}
