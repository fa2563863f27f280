import { addTokens } from '../../core/merging/plan/addTokens';
import type { PlannedCompanion } from '../../core/merging/plan/mergePlan';
import { AlidadeError } from '../../core/alidadeError';
import { readSmallFile } from '../checkpoint/readSmallFile';

/** Bytes; vocabularies of 256,000 tokens have 35 MB. */
const maximumTokenizerLength = 256_000_000;

/** The text of a tokenizer to which a plan adds tokens. @throws AlidadeError `not_found`, FormatError */
export async function readTokenizerCompanion({
  from,
  tokens,
}: Extract<PlannedCompanion, { readonly kind: 'tokenizer' }>): Promise<string> {
  const bytes = await readSmallFile({ path: from, most: maximumTokenizerLength });
  if (bytes === null) throw new AlidadeError({ code: 'not_found', message: `${from} does not exist` });
  return addTokens(new TextDecoder().decode(bytes), tokens, from);
}
