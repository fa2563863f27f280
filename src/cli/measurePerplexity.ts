import { AlidadeError } from '../core/alidadeError';
import type { JobContext } from '../core/jobContext';
import { looksLikeRows } from '../core/promptFile/looksLikeRows';
import type { DataRow } from '../core/promptFile/parseDataFile';
import type { ScorableRow } from '../core/promptFile/scorableRow';
import { openLanguageModel, type LanguageModel } from '../engine/generation/languageModel';
import { measureText, measureTokens } from '../engine/generation/measureText';
import { perplexityOf, type Perplexity } from '../engine/generation/perplexity';
import { readDataRows } from '../engine/promptFile/readDataRows';
import { isRowFailure } from '../engine/reward/isRowFailure';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { openInputs, readText, type Input } from './openInput';
import type { perplexityOptions } from './options';

/** `alidade perplexity` */
export async function measurePerplexity({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof perplexityOptions>): Promise<ExitStatus> {
  const { model: reference, ids, device, dtype, threads } = options;
  if ((positionals.length === 0) === (ids === undefined)) {
    const message = ids === undefined ? 'INPUT is missing' : 'INPUT and --ids were both given';
    throw new AlidadeError({ code: 'usage', message, hint: 'give a file, - for standard input, or --ids' });
  }
  const [input] = ids === undefined ? await openInputs(positionals) : [];
  const model = await openLanguageModel({ reference, device, dtype, threads }, context);
  try {
    const { measure, badRows } = await (input === undefined
      ? measureTokens(model, ids ?? [], context).then((measure) => ({ measure, badRows: [] }))
      : measureInput(model, input, context));
    for (const message of badRows) context.logger.error(message);
    if (measure.tokens === 0) throw new AlidadeError({ code: 'row', message: 'there is nothing to predict' });
    await terminal.writeJson(perplexityOf(measure));
    return badRows.length === 0 ? exitStatus.done : exitStatus.failed;
  } finally {
    await model.release();
  }
}

interface Measured {
  readonly measure: Pick<Perplexity, 'tokens' | 'nll'>;
  readonly badRows: readonly string[];
}

async function measureInput(model: LanguageModel, input: Input, context: JobContext): Promise<Measured> {
  const text = await readText(input, context.signal);
  if (!looksLikeRows(text, input.name)) {
    return { measure: await measureText(model, text, context), badRows: [] };
  }
  const total = { tokens: 0, nll: 0 };
  const badRows: string[] = [];
  for await (const row of readDataRows({ source: once(Buffer.from(text)), name: input.name })) {
    try {
      const { tokens, nll } = await measureText(model, requireRow(row), context);
      total.tokens += tokens;
      total.nll += nll;
    } catch (error) {
      if (!isRowFailure(error)) throw error;
      badRows.push(error.message.startsWith('row ') ? error.message : `row ${row.id}: ${error.message}`);
    }
    context.progress({ message: 'Measuring', done: total.tokens, unit: 'tokens' });
  }
  return { measure: total, badRows };
}

function requireRow({ id, row, error }: DataRow): ScorableRow {
  if (row !== null) return row;
  throw new AlidadeError({ code: 'row', message: error?.message ?? `row ${id} cannot be read` });
}

async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(chunk);
}
