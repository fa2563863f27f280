import { AlidadeError } from '../core/alidadeError';
import type { JobContext } from '../core/jobContext';
import { detectRowKind } from '../core/promptFile/detectRowKind';
import type { DataRow } from '../core/promptFile/parseDataFile';
import type { ScorableRow } from '../core/promptFile/scorableRow';
import { openLanguageModel, type LanguageModel } from '../engine/generation/languageModel';
import { measureIds, measureReplies, perplexityOf, type Perplexity } from '../engine/generation/perplexity';
import { readDataRows } from '../engine/promptFile/readDataRows';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { openInputs, readText, type Input } from './openInput';
import type { perplexityOptions } from './options';

type Measure = Pick<Perplexity, 'tokens' | 'nll'>;

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
      ? measureAlone(model, ids ?? [], context)
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
  readonly measure: Measure;
  readonly badRows: readonly string[];
}

async function measureAlone(model: LanguageModel, ids: readonly number[], context: JobContext): Promise<Measured> {
  const { vocabSize } = model.checkpoint.config;
  const outside = ids.find((id) => vocabSize <= id);
  if (outside !== undefined) {
    throw new AlidadeError({ code: 'row', message: `token id ${outside} is outside the vocabulary of ${vocabSize}` });
  }
  return { measure: await measureIds(model, ids, context), badRows: [] };
}

async function measureInput(model: LanguageModel, input: Input, context: JobContext): Promise<Measured> {
  const text = await readText(input, context.signal);
  if (!holdsRows(text, input.name)) {
    return measureAlone(model, model.tokenizer.encode(text, { addSpecialTokens: true }), context);
  }
  const total = { tokens: 0, nll: 0 };
  const badRows: string[] = [];
  for await (const row of readDataRows({ source: once(Buffer.from(text)), name: input.name })) {
    try {
      const { tokens, nll } = await measureRow(model, row, context);
      total.tokens += tokens;
      total.nll += nll;
    } catch (error) {
      if (!(error instanceof AlidadeError) || !['row', 'template', 'too_long'].includes(error.code)) throw error;
      badRows.push(error.message.startsWith('row ') ? error.message : `row ${row.id}: ${error.message}`);
    }
    context.progress({ message: 'Measuring', done: total.tokens, unit: 'tokens' });
  }
  return { measure: total, badRows };
}

async function measureRow(model: LanguageModel, { row, error }: DataRow, context: JobContext): Promise<Measure> {
  if (row === null) throw new AlidadeError({ code: 'row', message: error?.message ?? 'the row cannot be read' });
  const input = requireSingle(row);
  switch (input.kind) {
    case 'messages':
      return measureReplies(model, input.messages, context);
    case 'text':
      return (await measureAlone(model, model.tokenizer.encodeRendered(input.text), context)).measure;
    case 'ids':
      return (await measureAlone(model, input.ids, context)).measure;
  }
}

function requireSingle(row: ScorableRow): Extract<ScorableRow, { readonly kind: 'single' }>['input'] {
  if (row.kind === 'single') return row.input;
  const what = row.kind === 'pair' ? 'a preference pair' : 'a list of responses';
  throw new AlidadeError({ code: 'row', message: `row ${row.id}: ${what} has more than one reply to measure` });
}

/** The ending decides where it is one for rows or text; otherwise whether the first line, or all of it, is a row. */
function holdsRows(text: string, name: string): boolean {
  if (/\.(jsonl|ndjson)$/i.test(name)) return true;
  if (/\.(txt|md|text)$/i.test(name)) return false;
  const trimmed = text.trimStart();
  const value = parse(trimmed.split('\n', 1)[0] ?? '') ?? (/^[[{]/.test(trimmed) ? parse(trimmed) : undefined);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return detectRowKind(first) !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(chunk);
}
