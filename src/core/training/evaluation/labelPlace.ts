import type { HeadLabel } from '../../reward/headFile';
import { fieldOfRow } from '../data/fieldOfRow';

/** Where rows say what an objective should be: the number at a field, or whether the field says a certain word. */
export interface LabelPlace extends HeadLabel {
  /** Rows in which the field says this are yes (1), all others that have it no (0); null: the field is a number. */
  readonly yes: string | null;
}

/** `ratings.clarity`, or `label=1_full_compliance`. */
export function parseLabelPlace(text: string): LabelPlace {
  const equals = text.indexOf('=');
  if (equals < 0) return { field: text.trim(), yes: null };
  return { field: text.slice(0, equals).trim(), yes: text.slice(equals + 1).trim() };
}

/** The label of a row; null: it has none; NaN: what stands there is no number. @param value JSON of the row */
export function labelAt(value: unknown, { field, yes, values }: LabelPlace): number | null {
  const found = fieldOfRow(value, field);
  if (found === undefined || found === null || found === '') return null;
  if (values !== undefined) {
    const word = String(found).trim();
    return Object.hasOwn(values, word) ? values[word] : null;
  }
  if (yes !== null) return String(found) === yes ? 1 : 0;
  if (typeof found === 'boolean') return found ? 1 : 0;
  if (typeof found === 'number') return Number.isFinite(found) ? found : NaN;
  if (typeof found !== 'string') return NaN;
  const text = found.trim();
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true' ? 1 : 0;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? finiteOf(Number(text)) : NaN;
}

function finiteOf(value: number): number {
  return Number.isFinite(value) ? value : NaN;
}

/** The groups that a field names: a text or a number, or a list of them. */
export function groupsAt(value: unknown, path: string): string[] {
  const found = fieldOfRow(value, path);
  const list: readonly unknown[] = Array.isArray(found) ? found : [found];
  return list.flatMap((item) =>
    (typeof item === 'string' && item !== '') || typeof item === 'number' || typeof item === 'boolean'
      ? [String(item)]
      : [],
  );
}
