import type { Capacity } from './conversionFormat';
import type { ConversionRecord } from './conversionRecord';
import { fitBody } from './fitBody';
import { fitReplies } from './fitReplies';

/** Something that a format cannot say. */
export interface Loss {
  /** In the plural or as a mass: "scores", "tool calls", "column source". */
  readonly what: string;
  /** Part of what was said or how it was judged; else bookkeeping such as ids, which is dropped and counted. */
  readonly isContent: boolean;
}

/** Notes a loss; of content, unless it is said otherwise. */
export type Lose = (what: string, isContent?: boolean) => void;

export interface FittedRecord {
  readonly record: ConversionRecord;
  readonly losses: readonly Loss[];
}

/**
 * A record cut down to what a format can say, with what was cut off; several records where the format has one reply a row.
 * @throws RowProblem for what cannot be said even with losses.
 */
export function fitRecord(record: ConversionRecord, capacity: Capacity): readonly FittedRecord[] {
  const losses = new Map<string, Loss>();
  const lose: Lose = (what, isContent = true) => losses.set(what, { what, isContent });
  const body = fitBody(record.body, capacity, lose);
  const bodies = body.kind === 'exchange' ? fitReplies(body, capacity, lose) : [body];
  const fitted = fitColumns(record, capacity, lose);
  return bodies.map((each) => ({ record: { ...fitted, body: each }, losses: [...losses.values()] }));
}

function fitColumns(record: ConversionRecord, { columns }: Capacity, lose: Lose): ConversionRecord {
  const keep = <Value>(name: 'id' | 'subset' | 'margin' | 'reference' | 'tools', value: Value): Value | null => {
    if (value === null || columns.has(name)) return value;
    const { what, isContent } = columnLosses[name];
    lose(what, isContent);
    return null;
  };
  const names = Object.keys(record.fields);
  if (!columns.has('fields')) for (const name of names) lose(`column ${name}`, false);
  return {
    ...record,
    id: keep('id', record.id),
    subset: keep('subset', record.subset),
    margin: keep('margin', record.margin),
    reference: keep('reference', record.reference),
    tools: keep('tools', record.tools),
    fields: columns.has('fields') ? record.fields : {},
  };
}

const columnLosses = {
  id: { what: 'ids', isContent: false },
  subset: { what: 'subsets', isContent: false },
  margin: { what: 'margins', isContent: true },
  reference: { what: 'right answers', isContent: true },
  tools: { what: 'definitions of tools', isContent: true },
} as const;
