import { gemma } from './gemma';
import { gemma2 } from './gemma2';
import { gemma3 } from './gemma3';
import { gpt2 } from './gpt2';
import { gptNeoX } from './gptNeoX';
import { granite } from './granite';
import { llama } from './llama';
import { mistral } from './mistral';
import type { ModelFamily } from './modelFamily';
import { olmo2 } from './olmo2';
import { olmo3 } from './olmo3';
import { phi3 } from './phi3';
import { qwen2 } from './qwen2';
import { qwen3 } from './qwen3';
import { smollm3 } from './smollm3';

/** The families that can be compiled: to add one, a file here and its row. */
export const modelFamilies: readonly ModelFamily[] = [
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3,
  phi3,
  smollm3,
  olmo2,
  olmo3,
  granite,
  gpt2,
  gptNeoX,
];

/** The row of a `model_type`, undefined when the family is not supported. */
export function findFamily(modelType: string): ModelFamily | undefined {
  return modelFamilies.find((family) => family.modelType === modelType);
}

/** "llama, mistral, …": for messages about what is supported. */
export function supportedModelTypes(): string {
  return modelFamilies.map(({ modelType }) => modelType).join(', ');
}
