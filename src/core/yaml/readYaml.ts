import { isAlias, isCollection, isMap, isScalar, isSeq, parseAllDocuments, type Document, type Node } from 'yaml';
import type { Span } from '../promptFile/locateJson';
import type { YamlEntry, YamlProblem, YamlValue } from './yamlValue';
import { isYamlNestedTooDeeply } from './yamlNesting';

export interface YamlOptions {
  /** Where in its file the text begins: added to all places. Default: 0. */
  readonly start?: number;
  /**
   * Where that is which an alias stands for: where it is `used` (an edit there changes nothing else; the default), or
   * where it is `written` (so that its letters can be found).
   */
  readonly aliases?: 'used' | 'written';
  /** Characters; a longer text is refused, so that an editor never waits for one. */
  readonly longestText?: number;
}

/** What could be read, where there are problems too. */
export interface YamlReading {
  /** null: nothing. */
  readonly value: YamlValue | null;
  readonly problems: readonly YamlProblem[];
}

/** A text of several documents, between lines of `---`. */
export interface YamlDocuments {
  readonly documents: readonly { readonly value: YamlValue | null; readonly span: Span }[];
  readonly problems: readonly YamlProblem[];
}

const longestText = 1_000_000;
/** Values, those behind aliases counted each time: a few aliases of aliases can stand for billions. */
const mostValues = 100_000;
const deepest = 100;
const tooDeep = 'it is nested too deeply';

/** Reads a YAML text of one document; never throws. */
export function readYaml(text: string, options: YamlOptions = {}): YamlReading {
  const { documents, problems } = readYamlDocuments(text, options);
  const [first, second] = documents;
  if (second === undefined) return { value: first?.value ?? null, problems };
  const { start } = second.span;
  const message = 'a second YAML document begins here: one is read';
  return { value: first.value, problems: [...problems, { message, span: { start, end: start + 1 } }] };
}

/** Reads a YAML text of any number of documents; never throws. */
export function readYamlDocuments(text: string, options: YamlOptions = {}): YamlDocuments {
  const { start = 0, longestText: longest = longestText } = options;
  const refuse = (message: string): YamlDocuments => {
    const span = { start, end: start + Math.min(text.length, 1) };
    return { documents: [], problems: [{ message, span }] };
  };
  if (longest < text.length) return refuse(`the file is longer than ${longest} characters`);
  if (isYamlNestedTooDeeply(text)) return refuse(tooDeep);
  try {
    // Its own check of keys compares each with each.
    const parsed = parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    const documents: readonly Document[] = 'empty' in parsed ? [] : parsed;
    const problems = documents.flatMap(({ errors }) =>
      errors.map(({ message, pos: [first, end] }) => ({
        message: describe(message),
        span: clampSpan({ start: first, end: Math.max(end, first + 1) }, text, start),
      })),
    );
    const reader = new ValueReader(text, start, options.aliases ?? 'used', problems);
    return { documents: documents.map((document) => reader.readDocument(document)), problems };
  } catch (error) {
    // The library recurses: brackets nested some thousands deep exhaust the stack.
    return refuse(error instanceof RangeError ? tooDeep : 'it cannot be read as YAML');
  }
}

class ValueReader {
  readonly #text: string;
  readonly #start: number;
  readonly #aliases: 'used' | 'written';
  readonly #problems: YamlProblem[];
  /** Kept while reading: the library's own search for an anchor begins at the top each time. */
  readonly #anchors = new Map<string, unknown>();
  #count = 0;

  constructor(text: string, start: number, aliases: 'used' | 'written', problems: YamlProblem[]) {
    this.#text = text;
    this.#start = start;
    this.#aliases = aliases;
    this.#problems = problems;
  }

  readDocument({ contents, range }: Document): { readonly value: YamlValue | null; readonly span: Span } {
    this.#anchors.clear();
    const value = contents === null ? null : this.#read(contents, 0);
    const [start = 0, , end = this.#text.length] = range ?? [];
    return { value, span: value?.span ?? { start: this.#start + start, end: this.#start + end } };
  }

  #read(node: unknown, depth: number, place?: Span): YamlValue {
    const span = place ?? this.#spanOf(node as Node);
    this.#count += 1;
    if (deepest < depth || mostValues < this.#count) {
      const isFirst = this.#count <= mostValues + 1;
      if (isFirst) {
        const message = deepest < depth ? tooDeep : 'the file holds too many values';
        this.#problems.push({ message, span });
      }
      return { kind: 'null', span };
    }
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target !== undefined) return this.#read(target, depth + 1, this.#aliases === 'used' ? span : undefined);
      this.#problems.push({ message: `there is no anchor &${node.source} before this`, span });
      return { kind: 'null', span };
    }
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => this.#read(item, depth + 1, place)), span };
    if (isMap(node)) return { kind: 'mapping', entries: this.#entriesOf(node.items, depth, place), span };
    return isScalar(node) ? this.#scalar(node, span) : { kind: 'null', span };
  }

  /** Those of `<<` come first, and its own go before them. */
  #entriesOf(
    pairs: readonly { readonly key: unknown; readonly value: unknown }[],
    depth: number,
    place: Span | undefined,
  ): readonly YamlEntry[] {
    const own = new Map<string, YamlEntry>();
    const merged = new Map<string, YamlEntry>();
    for (const { key, value } of pairs) {
      const keySpan = place ?? this.#spanOf(key as Node);
      const name = isScalar(key) ? sourceOf(key) : null;
      if (name === null) {
        this.#problems.push({ message: 'a key has to be a text', span: keySpan });
        continue;
      }
      const valuePlace = place ?? (value === null ? { start: keySpan.end, end: keySpan.end } : undefined);
      const read = this.#read(value, depth + 1, valuePlace);
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') {
        for (const entry of this.#mergedEntries(read)) if (!merged.has(entry.key)) merged.set(entry.key, entry);
        continue;
      }
      if (own.has(name)) this.#problems.push({ message: `\`${name}\` is given twice`, span: keySpan });
      // What is missing is shown at the key.
      const isMissing = read.kind === 'null' && read.span.start === read.span.end;
      own.set(name, { key: name, keySpan, value: isMissing ? { ...read, span: keySpan } : read });
    }
    if (merged.size === 0) return [...own.values()];
    return [...[...merged.values()].filter(({ key }) => !own.has(key)), ...own.values()];
  }

  /** `<<: *base` and `<<: [*a, *b]`, where the first goes before the second. */
  #mergedEntries(value: YamlValue): readonly YamlEntry[] {
    if (value.kind === 'mapping') return value.entries;
    if (value.kind === 'list') return value.items.flatMap((item) => this.#mergedEntries(item));
    this.#problems.push({ message: '`<<` takes a mapping, or a list of them', span: value.span });
    return [];
  }

  #scalar(node: { readonly value: unknown }, span: Span): YamlValue {
    const { value } = node;
    const source = sourceOf(node);
    if (typeof value === 'string') return { kind: 'text', value, span };
    if (typeof value === 'number') return { kind: 'number', value, source, span };
    if (typeof value === 'boolean') return { kind: 'boolean', value, source, span };
    return value === null || value === undefined ? { kind: 'null', span } : { kind: 'text', value: source, span };
  }

  /** Without white space at its end. */
  #spanOf(node: Node | null | undefined): Span {
    const [start, end] = node?.range ?? [0, 0];
    let last = Math.min(end, this.#text.length);
    while (start < last && /\s/.test(this.#text[last - 1] ?? '')) last -= 1;
    return { start: this.#start + start, end: this.#start + last };
  }
}

function sourceOf({ value, source }: { readonly value: unknown; readonly source?: unknown }): string {
  return typeof value === 'string' ? value : typeof source === 'string' ? source : String(value);
}

function clampSpan({ start, end }: Span, text: string, offset: number): Span {
  const last = Math.min(end, text.length);
  return { start: offset + Math.max(0, Math.min(start, last - 1)), end: offset + last };
}

function describe(message: string): string {
  // The library catches it where its own parser runs out of stack.
  return message.startsWith('Maximum call stack') ? tooDeep : lowerFirst(message);
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
