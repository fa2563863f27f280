import { isRecord } from '../promptFile/rowProblem';
import type { Fields } from './conversionFormat';
import type { ConversionRecord, RecordBody, Reply } from './conversionRecord';

/** Names that mean the same in every open format. */
const commonNames = ['id', 'subset', 'tools', 'ground_truth'] as const;

export interface RecordParts {
  readonly fields: Fields;
  readonly body: RecordBody;
  /** Members of the row that the body was made of. */
  readonly used: readonly string[];
  readonly margin?: number | null;
  readonly reference?: unknown;
  readonly id?: string | number | null;
}

/** A record of a row whose body was read, with the columns that stand beside it. */
export function recordOf({ fields, body, used, margin = null, ...given }: RecordParts): ConversionRecord {
  const taken = new Set<string>([...used, ...commonNames]);
  const kept = Object.entries(fields).filter(([name, value]) => !taken.has(name) && value !== null);
  return {
    body,
    id: given.id ?? nameOf(fields['id']),
    subset: nameOf(fields['subset']),
    margin,
    reference: given.reference ?? fields['ground_truth'] ?? null,
    tools: readTools(fields['tools']),
    fields: Object.fromEntries([...kept, ...refusedNames(fields)]),
  };
}

/** `id` and `subset` that are no names stay what they are. */
function refusedNames(fields: Fields): readonly (readonly [string, unknown])[] {
  return (['id', 'subset'] as const)
    .filter((name) => (fields[name] ?? null) !== null && nameOf(fields[name]) === null)
    .map((name) => [name, fields[name]]);
}

function nameOf(value: unknown): string | number | null {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? value : null;
}

/** Tools as a list; older data sets have them as JSON in a text, LMFlow each of them. */
function readTools(value: unknown): unknown {
  const tools = typeof value === 'string' ? parseJson(value) : (value ?? null);
  return Array.isArray(tools)
    ? tools.map((tool: unknown) => (typeof tool === 'string' ? parseJson(tool) : tool))
    : tools;
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : text;
  } catch {
    return text;
  }
}

/** A number, also as the text that tables without types have; null: none. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value)) return null;
  return Number(value);
}

/** A truth value, also as tables without types have it; null: none. */
export function truthOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 1 || value === '1') return true;
  if (value === 0 || value === '0') return false;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return word === 'true' ? true : word === 'false' ? false : null;
}

/** The columns beside the conversation in an open format. */
export function writeColumns({ id, subset, margin, tools, reference }: ConversionRecord): Fields {
  const columns = { id, subset, margin, tools, ground_truth: reference };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== null));
}

/** `label` and `score` of a single reply. */
export function writeVerdict(reply: Reply | undefined): Fields {
  const verdict = { label: reply?.label ?? null, score: reply?.score ?? null };
  return Object.fromEntries(Object.entries(verdict).filter(([, value]) => value !== null));
}

/** `score_chosen` and `score_rejected`, as UltraFeedback's binarised data have them. */
export function writePairScores(replies: readonly Reply[]): Fields {
  const scores = { score_chosen: replies[0]?.score ?? null, score_rejected: replies[1]?.score ?? null };
  return Object.fromEntries(Object.entries(scores).filter(([, value]) => value !== null));
}

/** Takes `metadata` apart, where formats put what they do not know; a member that the row has itself stays in it. */
export function spreadMetadata(fields: Fields): Fields {
  const { metadata, ...rest } = fields;
  if (!isRecord(metadata)) return fields;
  const clashes = Object.entries(metadata).filter(([name]) => Object.hasOwn(rest, name));
  const free = Object.entries(metadata).filter(([name]) => !Object.hasOwn(rest, name));
  return {
    ...rest,
    ...Object.fromEntries(free),
    ...(clashes.length === 0 ? {} : { metadata: Object.fromEntries(clashes) }),
  };
}

/** Puts what a format does not know into `metadata`. @param known members that stand beside it. */
export function gatherMetadata(fields: Fields, known: readonly string[]): Fields {
  const beside = Object.entries(fields).filter(([name]) => known.includes(name));
  const { metadata: own, ...within } = Object.fromEntries(
    Object.entries(fields).filter(([name]) => !known.includes(name)),
  );
  const metadata = { ...within, ...(isRecord(own) ? own : own === undefined ? {} : { metadata: own }) };
  return { ...Object.fromEntries(beside), ...(Object.keys(metadata).length === 0 ? {} : { metadata }) };
}
