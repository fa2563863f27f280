import type { ModelTraits } from '../../checkpoint/modelConfig';
import type { ConfigReader } from '../../checkpoint/configReader';
import { unsupportedSetting } from '../../checkpoint/unsupportedSetting';
import type { ModelShape } from './modelFamily';

/** What the generations of Gemma share: embeddings times √hidden, norm weights stored less 1, a scale of their own. */
export function readGemmaTraits(
  config: ConfigReader,
  { hiddenSize }: ModelShape,
  softcaps: Pick<ModelTraits, 'attentionSoftcap' | 'logitSoftcap'>,
): Partial<ModelTraits> {
  if (config.flag('use_bidirectional_attention') === true) {
    throw unsupportedSetting(config, 'attention in both directions (use_bidirectional_attention)');
  }
  const cap = (key: string, assumed: number | null): number | null =>
    config.has(key) ? config.positive(key) : assumed;
  return {
    embeddingMultiplier: Math.sqrt(hiddenSize),
    normOffset: 1,
    attentionScale: (config.positive('query_pre_attn_scalar') ?? 256) ** -0.5,
    attentionSoftcap: cap('attn_logit_softcapping', softcaps.attentionSoftcap),
    logitSoftcap: cap('final_logit_softcapping', softcaps.logitSoftcap),
  };
}
