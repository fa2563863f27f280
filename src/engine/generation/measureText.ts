import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { ScorableInput, ScorableRow } from '../../core/promptFile/scorableRow';
import type { LanguageModel } from './languageModel';
import { measureIds, measureReplies } from './perplexity';
import type { Perplexity } from './perplexity';

/** A plain text, read with the special tokens that its tokenizer adds, or the replies of a row. */
export type MeasurableText = string | ScorableRow;

type Measure = Pick<Perplexity, 'tokens' | 'nll'>;

/**
 * Negative log-likelihood of a text, or of the replies of a row.
 * @param most of a plain text so many tokens from its beginning are read.
 * @throws AlidadeError `row` when there is nothing to predict, `too_long`, `template`, `cancelled`.
 */
export async function measureText(
  model: LanguageModel,
  text: MeasurableText,
  context: JobContext,
  most = Infinity,
): Promise<Measure> {
  if (typeof text === 'string') {
    const ids = model.tokenizer.encode(text, { addSpecialTokens: true });
    return measureTokens(model, ids.slice(0, most), context);
  }
  const input = requireSingle(text);
  switch (input.kind) {
    case 'messages':
      return measureReplies(model, input.messages, context);
    case 'text':
      return measureTokens(model, model.tokenizer.encodeRendered(input.text), context);
    case 'ids':
      return measureTokens(model, input.ids, context);
  }
}

/** All tokens after the first. @throws AlidadeError `row`, `cancelled`. */
export async function measureTokens(
  model: LanguageModel,
  ids: readonly number[],
  context: JobContext,
): Promise<Measure> {
  const { vocabSize } = model.checkpoint.config;
  const outside = ids.find((id) => vocabSize <= id);
  if (outside !== undefined) {
    throw new AlidadeError({ code: 'row', message: `token id ${outside} is outside the vocabulary of ${vocabSize}` });
  }
  return measureIds(model, ids, context);
}

function requireSingle(row: ScorableRow): ScorableInput {
  if (row.kind === 'single') return row.input;
  const what = row.kind === 'pair' ? 'a preference pair' : 'a list of responses';
  throw new AlidadeError({ code: 'row', message: `row ${row.id}: ${what} has more than one reply to measure` });
}
