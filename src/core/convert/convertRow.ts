import { isRecord, describeJson, RowProblem } from '../promptFile/rowProblem';
import type { OutputRow } from '../reward/outputRow';
import { findFormat } from './conversionFormats';
import type { ConversionFormat, Fields } from './conversionFormat';
import type { ConversionRecord } from './conversionRecord';
import { detectFormat } from './detectFormat';
import { fitRecord, type Loss } from './fitRecord';
import { joinScores } from './joinScores';

export interface ConvertRowParams {
  /** The parsed JSON. */
  readonly value: unknown;
  /** null: each row's is found out. */
  readonly from: ConversionFormat | null;
  readonly to: ConversionFormat;
  /** Rows are written although content is lost. */
  readonly isLossy: boolean;
  /** What `alidade score` gave the row. */
  readonly scored?: OutputRow | undefined;
  /** Changes the row before it is written. It may throw a RowProblem. */
  readonly revise?: ((record: ConversionRecord) => ConversionRecord) | undefined;
  /** What the input calls members: name here -> name there. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  /** What the output is to call them. */
  readonly outputKeys?: Readonly<Record<string, string>> | undefined;
}

export interface ConvertedRow {
  /** The name of the format that the row was read as; null: it was not. */
  readonly format: string | null;
  /** Usually one; none when there is a problem. */
  readonly rows: readonly Fields[];
  /** The same as JSON. */
  readonly texts: readonly string[];
  /** What the rows lack. */
  readonly losses: readonly Loss[];
  /** Why it is refused; null: it is not. */
  readonly problem: string | null;
  /** It is refused only for what it would lose. */
  readonly isLoss: boolean;
}

/** Thrown for rows that only `isLossy` keeps. */
class LossProblem extends RowProblem {}

/** One row from one format to another; never throws. */
export function convertRow(params: ConvertRowParams): ConvertedRow {
  let format: string | null = null;
  try {
    const fields = renamed(params.value, params.keys);
    const reader = chooseReader(fields, params.from);
    format = reader.name;
    const read = readWith(reader, fields);
    const scored = params.scored === undefined ? read : joinScores(read, params.scored);
    const written = writeRecord(params.revise?.(scored) ?? scored, params);
    const texts = written.rows.map((row) => JSON.stringify(row));
    return { format, ...written, texts, problem: null, isLoss: false };
  } catch (error) {
    // JSON is parsed without recursion, but not written.
    if (error instanceof RangeError) return refused(format, 'it is nested too deeply', false);
    if (!(error instanceof RowProblem)) throw error;
    return refused(format, error.message, error instanceof LossProblem);
  }
}

/** A row that is not written. */
export function refused(format: string | null, problem: string, isLoss: boolean): ConvertedRow {
  return { format, rows: [], texts: [], losses: [], problem, isLoss };
}

function renamed(value: unknown, keys: Readonly<Record<string, string>> = {}): Fields {
  if (!isRecord(value)) throw new RowProblem(`it is ${describeJson(value)}, not an object`);
  const found = Object.entries(keys).filter(([, there]) => Object.hasOwn(value, there));
  const moved = new Set(found.map(([, there]) => there));
  const kept = Object.entries(value).filter(([name]) => !moved.has(name));
  return Object.fromEntries([...kept, ...found.map(([here, there]) => [here, value[there]] as const)]);
}

function chooseReader(fields: Fields, from: ConversionFormat | null): ConversionFormat {
  if (from !== null) return from;
  const name = detectFormat(fields);
  const found = name === null ? null : findFormat(name);
  if (found !== null) return found;
  const names = Object.keys(fields).slice(0, 8).join(', ');
  throw new RowProblem(`no format has its members (${names}); --keys says what they are called`);
}

function readWith({ read, name }: ConversionFormat, fields: Fields): ConversionRecord {
  if (read === null) throw new RowProblem(`${name} is only written`);
  return read(fields);
}

function writeRecord(
  record: ConversionRecord,
  { to, isLossy, outputKeys = {} }: ConvertRowParams,
): { readonly rows: readonly Fields[]; readonly losses: readonly Loss[] } {
  const { write } = to;
  if (write === null) throw new RowProblem(`${to.name} is only read`);
  const losses = new Map<string, Loss>();
  const rows = fitRecord(record, to.capacity).map((fitted) => {
    for (const loss of fitted.losses) losses.set(loss.what, loss);
    const own = write(fitted.record);
    const { row, clashes } = mergeFields(own, fitted.record.fields, to);
    for (const name of clashes) losses.set(name, { what: `column ${name}`, isContent: false });
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [nameOf(name, outputKeys), value]));
  });
  const content = [...losses.values()].filter(({ isContent }) => isContent);
  if (0 < content.length && !isLossy) {
    throw new LossProblem(`${to.name} cannot hold ${content.map(({ what }) => what).join(', ')}`);
  }
  return { rows, losses: [...losses.values()] };
}

function nameOf(name: string, names: Readonly<Record<string, string>>): string {
  return Object.hasOwn(names, name) ? (names[name] ?? name) : name;
}

/** The columns that mean nothing here beside the format's own, which come first. */
function mergeFields(
  own: Fields,
  fields: Fields,
  { placesFields }: ConversionFormat,
): { readonly row: Fields; readonly clashes: readonly string[] } {
  if (placesFields === true) return { row: own, clashes: [] };
  const clashes = Object.keys(fields).filter((field) => Object.hasOwn(own, field));
  const free = Object.entries(fields).filter(([field]) => !Object.hasOwn(own, field));
  return { row: { ...own, ...Object.fromEntries(free) }, clashes };
}
