import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import type { ChatTemplate } from '../../core/tokenizer/chatTemplate';
import type { Tokenizer } from '../../core/tokenizer/tokenizer';
import { openTokenizer } from '../checkpoint/openTokenizer';
import { openUsableCheckpoint } from '../checkpoint/openUsableCheckpoint';
import { DecoderSession } from '../onnx/decoderSession';

export interface LanguageModelParams {
  /** A checkpoint folder, a .gguf file, a hub id in the local cache, or `starter`. */
  readonly reference: string;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
  readonly cwd?: string | undefined;
}

/** A causal language model, ready to run. */
export interface LanguageModel {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
  readonly session: DecoderSession;
  release(): Promise<void>;
}

/** @throws AlidadeError `not_found`, `format`, `unsupported`, `weights`, `device`, `no_space`, `cancelled`. */
export async function openLanguageModel(params: LanguageModelParams, context: JobContext): Promise<LanguageModel> {
  const { checkpoint } = await openUsableCheckpoint(params, context);
  requireLanguageModelHead(checkpoint);
  const { tokenizer, template } = await openTokenizer(checkpoint);
  const session = await DecoderSession.open(
    {
      checkpoint,
      finalNorm: true,
      languageModelHead: true,
      device: params.device,
      dtype: params.dtype,
      threads: params.threads,
    },
    context,
  );
  return { checkpoint, tokenizer, template, session, release: () => session.release() };
}

/**
 * A reward model without a head of its own for tokens would speak through its embedding table: nonsense.
 * @throws AlidadeError `weights`
 */
export function requireLanguageModelHead({ path, head, tensors, config }: Checkpoint): void {
  if (head === null || tensors.has('lm_head.weight') || config.tiedEmbeddingsKey === true) return;
  throw new AlidadeError({
    code: 'weights',
    message: `${path} is a reward model without a language-model head`,
    hint: 'choose a causal language model',
  });
}

/**
 * The template of a chat model.
 * @throws AlidadeError `template` when the model has none.
 */
export function requireTemplate({ template, checkpoint }: LanguageModel): ChatTemplate {
  if (template !== null) return template;
  throw new AlidadeError({
    code: 'template',
    message: `${checkpoint.name} has no chat template`,
    hint: 'give plain text (--raw), or add chat_template.jinja to the checkpoint',
  });
}
