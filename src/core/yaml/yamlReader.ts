import type { Span } from '../promptFile/locateJson';
import type { Located, YamlEntry, YamlValue } from './yamlValue';

/** An entry with the span from its key to the end of its value. */
export type FoundEntry = YamlEntry & { readonly span: Span };

/** The entries of a mapping by their keys; what is not as it should be reads as if it were not there. */
export class YamlReader {
  readonly entries: readonly FoundEntry[];

  constructor(value: YamlValue) {
    const entries = value.kind === 'mapping' ? value.entries : [];
    this.entries = entries.map((entry) => ({
      ...entry,
      span: { start: entry.keySpan.start, end: Math.max(entry.keySpan.end, entry.value.span.end) },
    }));
  }

  get(key: string): FoundEntry | null {
    return this.entries.find((entry) => entry.key === key) ?? null;
  }

  has(key: string): boolean {
    return this.get(key) !== null;
  }

  /** null unless the entry is a mapping. */
  reader(key: string): YamlReader | null {
    const value = this.get(key)?.value;
    return value?.kind === 'mapping' ? new YamlReader(value) : null;
  }

  text(key: string): Located<string> | null {
    const value = this.get(key)?.value;
    return value === undefined ? null : textOf(value);
  }

  number(key: string): number | null {
    const value = this.get(key)?.value;
    return value?.kind === 'number' && Number.isFinite(value.value) ? value.value : null;
  }

  boolean(key: string): boolean | null {
    const value = this.get(key)?.value;
    return value?.kind === 'boolean' ? value.value : null;
  }
}

/** A scalar as it is written. */
export function textOf(value: YamlValue): Located<string> | null {
  if (value.kind === 'text') return { value: value.value, span: value.span };
  return value.kind === 'number' || value.kind === 'boolean' ? { value: value.source, span: value.span } : null;
}

/** The value as JSON would have it. */
export function plainValue(value: YamlValue): unknown {
  switch (value.kind) {
    case 'null':
      return null;
    case 'list':
      return value.items.map(plainValue);
    case 'mapping':
      return Object.fromEntries(value.entries.map((entry) => [entry.key, plainValue(entry.value)]));
    default:
      return value.value;
  }
}
