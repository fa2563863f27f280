import { llama } from './llama';
import { mistral } from './mistral';
import type { ModelFamily } from './modelFamily';
import { qwen2 } from './qwen2';
import { qwen3 } from './qwen3';

/** The families that can be compiled: to add one, a file here and its row. */
export const modelFamilies: readonly ModelFamily[] = [llama, mistral, qwen2, qwen3];

/** The row of a `model_type`, undefined when the family is not supported. */
export function findFamily(modelType: string): ModelFamily | undefined {
  return modelFamilies.find((family) => family.modelType === modelType);
}

/** "llama, mistral, …": for messages about what is supported. */
export function supportedModelTypes(): string {
  return modelFamilies.map(({ modelType }) => modelType).join(', ');
}
