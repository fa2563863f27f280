import { AlidadeError } from '../../core/alidadeError';
import type { Tokenizer } from '../../core/tokenizer/tokenizer';

export interface TokenLimit {
  /** Tokens. */
  readonly maxTokens: number;
  /** Drop tokens from the left, after BOS, instead of refusing the text. */
  readonly truncate: boolean;
}

export interface FittedTokens {
  readonly ids: readonly number[];
  /** Tokens that were left out. */
  readonly dropped: number;
  /** Tokens at the start that were kept whatever the limit: BOS or none. */
  readonly kept: number;
}

/**
 * A text's tokens within a limit.
 * @throws AlidadeError `too_long` when they do not fit and may not be cut.
 */
export function fitTokens(
  ids: readonly number[],
  { maxTokens, truncate }: TokenLimit,
  tokenizer: Pick<Tokenizer, 'bosToken' | 'tokenToId'>,
): FittedTokens {
  const { bosToken } = tokenizer;
  const hasBos = bosToken !== null && ids[0] === tokenizer.tokenToId(bosToken);
  const kept = hasBos ? 1 : 0;
  const dropped = Math.max(0, ids.length - maxTokens);
  if (dropped === 0) return { ids, dropped, kept };
  if (!truncate) throw tooLong(`${ids.length} tokens`, maxTokens);
  return { ids: [...ids.slice(0, kept), ...ids.slice(kept + dropped)], dropped, kept };
}

/**
 * Refuses, before it is encoded, a text that is far too long: encoding it may take many seconds.
 * @throws AlidadeError `too_long` when it cannot fit and may not be cut.
 */
export function refuseFarTooLong(
  text: string,
  { maxTokens, truncate }: TokenLimit,
  tokenizer: Pick<Tokenizer, 'fewestTokens'>,
): void {
  if (truncate || text.length <= maxTokens) return;
  const fewest = tokenizer.fewestTokens(text);
  if (maxTokens < fewest) throw tooLong(`at least ${fewest} tokens`, maxTokens);
}

function tooLong(tokens: string, maxTokens: number): AlidadeError {
  return new AlidadeError({
    code: 'too_long',
    message: `${tokens}, the limit is ${maxTokens}`,
    hint: 'shorten the text, or truncate it with --truncate',
  });
}
