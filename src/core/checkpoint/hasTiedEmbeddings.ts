import type { Checkpoint } from './checkpoint';

/** Whether the token embedding is also the language-model head: told by the tensors, since the key in config.json may be wrong or absent. */
export function hasTiedEmbeddings({ config, head, tensors }: Pick<Checkpoint, 'config' | 'head' | 'tensors'>): boolean {
  if (head !== null || tensors.has('lm_head.weight')) return false;
  const isCausal = /(ForCausalLM|ForConditionalGeneration|LMHeadModel)$/.test(config.architecture);
  return isCausal || (config.tiedEmbeddingsKey ?? false);
}
