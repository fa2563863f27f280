import { isAlias, isCollection, isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml';
import type { Span } from '../promptFile/locateJson';
import { isYamlNestedTooDeeply } from '../yamlNesting';

/** A YAML value with its place in the text, in UTF-16 units; aliases stand for what they mean, at their own place. */
export type YamlValue =
  | { readonly kind: 'null'; readonly span: Span }
  | { readonly kind: 'text'; readonly value: string; readonly span: Span }
  /** `source`: as it is written. */
  | { readonly kind: 'number'; readonly value: number; readonly source: string; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly source: string; readonly span: Span }
  | { readonly kind: 'list'; readonly items: readonly YamlValue[]; readonly span: Span }
  | { readonly kind: 'mapping'; readonly entries: readonly YamlEntry[]; readonly span: Span };

export interface YamlEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: YamlValue;
}

export interface YamlProblem {
  readonly message: string;
  readonly span: Span;
}

/** Characters; a longer text is refused, so that an editor never waits for one. */
const longestText = 1_000_000;
/** Values, those behind aliases counted each time: a few aliases of aliases can stand for billions. */
const mostValues = 50_000;
const deepest = 50;
const tooDeep = 'it is nested too deeply';

/** Reads a YAML text; never throws. Where there are problems, what could be read is there nevertheless. */
export function readYaml(text: string): {
  readonly value: YamlValue | null;
  readonly problems: readonly YamlProblem[];
} {
  const whole = { start: 0, end: Math.min(text.length, 1) };
  if (longestText < text.length) {
    return { value: null, problems: [{ message: `the file is longer than ${longestText} characters`, span: whole }] };
  }
  if (isYamlNestedTooDeeply(text)) return { value: null, problems: [{ message: tooDeep, span: whole }] };
  try {
    // Its own check of keys compares each with each.
    const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    const problems = document.errors.map(({ code, message, pos: [start, end] }) => ({
      message: describe(code, message),
      span: clampSpan({ start, end: Math.max(end, start + 1) }, text),
    }));
    const reader = new ValueReader(text, problems);
    return { value: document.contents === null ? null : reader.read(document.contents, 0), problems };
  } catch (error) {
    // The library recurses: brackets nested some thousands deep exhaust the stack.
    const message = error instanceof RangeError ? tooDeep : 'it cannot be read as YAML';
    return { value: null, problems: [{ message, span: whole }] };
  }
}

class ValueReader {
  readonly #text: string;
  readonly #problems: YamlProblem[];
  /** Kept while reading: the library's own search for an anchor begins at the top each time. */
  readonly #anchors = new Map<string, unknown>();
  #count = 0;

  constructor(text: string, problems: YamlProblem[]) {
    this.#text = text;
    this.#problems = problems;
  }

  read(node: unknown, depth: number, place?: Span): YamlValue {
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
      if (target !== undefined) return this.read(target, depth + 1, span);
      this.#problems.push({ message: `there is no anchor &${node.source} before this`, span });
      return { kind: 'null', span };
    }
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => this.read(item, depth + 1, place)), span };
    if (isMap(node)) return { kind: 'mapping', entries: this.#entriesOf(node.items, depth, place), span };
    return isScalar(node) ? this.#scalar(node, span) : { kind: 'null', span };
  }

  #entriesOf(
    pairs: readonly { readonly key: unknown; readonly value: unknown }[],
    depth: number,
    place: Span | undefined,
  ): readonly YamlEntry[] {
    const entries = new Map<string, YamlEntry>();
    for (const { key, value } of pairs) {
      const keySpan = place ?? this.#spanOf(key as Node);
      const name = isScalar(key) ? sourceOf(key) : null;
      if (name === null) {
        this.#problems.push({ message: 'a key has to be a text', span: keySpan });
        continue;
      }
      if (entries.has(name)) this.#problems.push({ message: `\`${name}\` is given twice`, span: keySpan });
      const valuePlace = place ?? (value === null ? { start: keySpan.end, end: keySpan.end } : undefined);
      const read = this.read(value, depth + 1, valuePlace);
      // What is missing is shown at the key.
      const isMissing = read.kind === 'null' && read.span.start === read.span.end;
      entries.set(name, { key: name, keySpan, value: isMissing ? { ...read, span: keySpan } : read });
    }
    return [...entries.values()];
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
    return { start, end: last };
  }
}

function sourceOf({ value, source }: { readonly value: unknown; readonly source?: unknown }): string {
  return typeof value === 'string' ? value : typeof source === 'string' ? source : String(value);
}

function clampSpan({ start, end }: Span, text: string): Span {
  const last = Math.min(end, text.length);
  return { start: Math.max(0, Math.min(start, last - 1)), end: last };
}

function describe(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second YAML document begins here: one is read';
  // The library catches it where its own parser runs out of stack.
  return message.startsWith('Maximum call stack') ? tooDeep : lowerFirst(message);
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
