import { AlidadeError } from '../alidadeError';
import { supportedModelTypes } from '../onnx/architectures/modelFamilies';

export interface UnsupportedModel {
  readonly file: string;
  readonly modelType: string | null;
  /** First of `architectures`. */
  readonly architecture: string | null;
  /** Its configuration counts experts. */
  readonly hasExperts: boolean;
}

/** An error that says what kind of model it is and why that cannot be compiled, as far as name and experts tell. */
export function unsupportedModel({ file, modelType, architecture, hasExperts }: UnsupportedModel): AlidadeError {
  const named = [architecture, modelType === null ? null : `model type ${modelType}`].filter((part) => part !== null);
  const reason = hasExperts ? experts : (reasonAgainst(modelType ?? '') ?? null);
  return new AlidadeError({
    code: 'unsupported',
    message: `${file}: the architecture ${named.join(', ')} is not supported${reason === null ? '' : `: ${reason}`}`,
    hint: `supported model types: ${supportedModelTypes()}`,
  });
}

/** Why models of a type cannot be compiled; undefined when nothing is known about it. */
export function reasonAgainst(modelType: string): string | undefined {
  return kinds.find(({ members }) => members.test(modelType))?.reason;
}

const experts = 'it is a mixture of experts, whose routing between experts is not compiled; use a dense model';

/** Model types of transformers, and architectures of GGUF files, that people are likely to have, by what sets them apart from a dense decoder. */
const kinds: readonly { readonly members: RegExp; readonly reason: string }[] = [
  {
    members:
      /^(mixtral|.*_?moe(_.*)?|olmoe|phimoe|granitemoe.*|gpt[_-]oss|llama4.*|deepseek.*|dbrx|jetmoe|minimax.*|arctic|grok.*|dots1|kimi_(?!linear).*|ernie4_5_moe|hunyuan_v1_moe|longcat_flash|switch_transformers|nllb_moe|flex_olmo|glm4_moe.*|aria.*)$/,
    reason: experts,
  },
  {
    members:
      /^(bert|.*_?bert(_.*)?|.*roberta.*|deberta.*|albert|electra|ernie|xlnet|xlm|camembert|longformer|big_bird|mpnet|funnel|nystromformer|esm.*|layoutlm.*|luke|canine|rembert|gte|jina_embeddings.*|clip|siglip.*|vit)$/,
    reason: 'it is an encoder, which reads in both directions; reward models on decoders are read',
  },
  {
    members:
      /^(t5.*|.*t5|bart|.*bart(_.*)?|pegasus.*|marian|m2m_100|nllb|led|prophetnet|blenderbot.*|whisper|fsmt|encoder_decoder)$/,
    reason: 'it is an encoder with a decoder; models that are a decoder alone are read',
  },
  {
    members:
      /^(.*mamba.*|rwkv.*|jamba|zamba.*|falcon_h1|bamba|recurrent_gemma|xlstm|lfm.*|nemotron_h.*|qwen3_next|qwen3_5.*|granitemoehybrid|kimi_linear|olmo_hybrid|.*_hybrid)$/,
    reason: 'some of its layers carry a state instead of attention, and those are not compiled',
  },
  {
    members:
      /^(llava.*|.*_vl(_.*)?|.*_vision|idefics.*|paligemma|mllama|.*_omni.*|.*_audio|pixtral|internvl|smolvlm|fuyu|gemma3n.*|gemma4.*|mistral3|phi4_multimodal|blip.*|chameleon)$/,
    reason: 'it takes images or sound beside text; models of text alone are read',
  },
];
