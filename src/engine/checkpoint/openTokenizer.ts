import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint, TokenizerSource } from '../../core/checkpoint/checkpoint';
import { createChatTemplate } from '../../core/tokenizer/chatTemplate';
import type { ChatTemplate } from '../../core/tokenizer/chatTemplate';
import { createTokenizer } from '../../core/tokenizer/tokenizer';
import type { Tokenizer } from '../../core/tokenizer/tokenizer';
import { readTokenizerSource } from './readTokenizerSource';

/** How a checkpoint reads and writes text. */
export interface OpenedTokenizer {
  readonly tokenizer: Tokenizer;
  /** null: the model has none. */
  readonly template: ChatTemplate | null;
}

/** @throws AlidadeError `not_found`, `format`, `unsupported`, `template`; the message names the checkpoint. */
export async function openTokenizer(checkpoint: Checkpoint): Promise<OpenedTokenizer> {
  return createTexts(await readTokenizerSource(checkpoint), checkpoint.path);
}

/** @throws AlidadeError `format`, `unsupported`, `template`; the message names `path`. */
export function createTexts(source: TokenizerSource, path: string): OpenedTokenizer {
  try {
    return { tokenizer: createTokenizer(source), template: createChatTemplate(source) };
  } catch (error) {
    if (!(error instanceof AlidadeError)) throw error;
    const { code, message, hint } = error;
    throw new AlidadeError({ code, message: `${path}: ${message}`, hint, cause: error });
  }
}
