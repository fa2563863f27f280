import type { ConversionRecord } from './conversionRecord';

export type Fields = Readonly<Record<string, unknown>>;

/** @throws RowProblem */
export type RowReader = (fields: Fields) => ConversionRecord;

/** Writes what `fitRecord` has made fit. @throws RowProblem */
export type RowWriter = (record: ConversionRecord) => Fields;

/** What may stand beside the conversation. */
export type Column =
  | 'id'
  | 'subset'
  | 'margin'
  /** Whether a single reply is desirable. */
  | 'label'
  | 'reference'
  | 'tools'
  /** Columns that mean nothing here. */
  | 'fields'
  /** Members of messages besides role and text. */
  | 'messageFields';

export type ReplyCount = 'none' | 'optional' | 'one' | 'labelled' | 'pair' | 'graded' | 'many';

/** What a format can say. */
export interface Capacity {
  /**
   * Prompts and replies are texts, messages, or transcripts ("Human: … Assistant: …"); or the row is one undivided text;
   * or labelled steps after a text.
   */
  readonly content: 'text' | 'turns' | 'transcript' | 'undivided' | 'steps';
  /**
   * How many replies a row has; `optional` is one or none, `labelled` one with a label, `graded` some that are better and
   * some that are worse.
   */
  readonly replies: ReplyCount;
  /** How readers know where the replies begin. */
  readonly division: 'told' | 'last turn' | 'shared beginning';
  readonly scores: 'none' | 'kept' | 'required';
  readonly columns: ReadonlySet<Column>;
  /** User and assistant take turns, after at most one system turn. */
  readonly alternates?: boolean;
}

export type FileKind = 'jsonl' | 'json' | 'csv' | 'parquet';

export interface ConversionFormat {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Its fields, as its own documentation writes them. */
  readonly summary: string;
  readonly read: RowReader | null;
  readonly write: RowWriter | null;
  readonly capacity: Capacity;
  /** LMFlow's files are one object with the rows in `instances`; this is its `type`. */
  readonly lmflowType?: string;
  /** Its writer puts the columns that mean nothing here where they belong; else they stand beside its own. */
  readonly placesFields?: boolean;
  /** The files that programs which know the format read. */
  readonly files: readonly FileKind[];
}

export const everyFile: readonly FileKind[] = ['jsonl', 'json', 'csv', 'parquet'];

/** Of formats that are columns of a table, to which others may be added. */
export const openColumns: ReadonlySet<Column> = new Set([
  'id',
  'subset',
  'margin',
  'label',
  'reference',
  'tools',
  'fields',
  'messageFields',
]);

export const noColumns: ReadonlySet<Column> = new Set<Column>();
