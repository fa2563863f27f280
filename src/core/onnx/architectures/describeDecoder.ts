import { AlidadeError } from '../../alidadeError';
import type { ModelConfig } from '../../checkpoint/modelConfig';
import type { DecoderDescription } from '../decoderDescription';
import { findFamily, supportedModelTypes } from './modelFamilies';

/**
 * The layers of a model.
 * @throws AlidadeError `unsupported` for a family that the compiler does not know.
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
  return family.describe(config);
}
