import { AlidadeError } from '../../alidadeError';
import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';
import { findFamily, supportedModelTypes } from './modelFamilies';

/**
 * The layers of a model.
 * @throws AlidadeError `unsupported` for a family or activation that the compiler does not know.
 */
export function describeDecoder(config: ModelConfig): DecoderDescription {
  const family = findFamily(config.modelType);
  if (family === undefined) {
    throw new AlidadeError({
      code: 'unsupported',
      message: `model type ${config.modelType} (${config.architecture}) is not supported`,
      hint: `supported model types: ${supportedModelTypes()}`,
    });
  }
  if (config.activation !== 'silu') {
    throw new AlidadeError({
      code: 'unsupported',
      message: `activation ${config.activation} is not supported for model type ${config.modelType}`,
      hint: 'supported: silu',
    });
  }
  return family.describe(config);
}
