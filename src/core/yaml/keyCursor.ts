import { formsOf, keysOf, type KeySpec, type KeyTable, type ValueSpec } from './keySpec';
import { readYamlDocuments } from './readYaml';
import type { YamlValue } from './yamlValue';

/** What may be written at a place of a YAML file, as its table of keys has it. */
export type CursorContext =
  /** A key; `taken` stand there already. */
  | {
      readonly kind: 'key';
      readonly keys: KeyTable;
      readonly taken: ReadonlySet<string>;
      /** Where what has been typed so far begins. */
      readonly start: number;
      /** Keys are put between braces, on one line. */
      readonly isFlow: boolean;
    }
  /** A key that the table does not know: a name of something. */
  | {
      readonly kind: 'name';
      readonly names: string;
      readonly taken: ReadonlySet<string>;
      readonly start: number;
      readonly isFlow: boolean;
    }
  | { readonly kind: 'word'; readonly words: readonly string[]; readonly start: number }
  /** Any text, number or the like, behind the key that `path` ends with. */
  | { readonly kind: 'value'; readonly spec: ValueSpec; readonly start: number; readonly path: readonly string[] }
  /** The beginning of an item of the list at `path`. */
  | { readonly kind: 'item'; readonly path: readonly string[]; readonly start: number };

/** A key of the table with what it means, and where it stands. */
export interface FoundKey {
  readonly key: string;
  readonly spec: KeySpec;
  readonly start: number;
  readonly end: number;
}

/** The known key at an offset; null: there is none. */
export function keyAt(spec: ValueSpec, text: string, offset: number): FoundKey | null {
  for (const { value } of readYamlDocuments(text).documents) {
    const found = value === null ? null : findKey(spec, value, offset);
    if (found !== null) return found;
  }
  return null;
}

function findKey(spec: ValueSpec, value: YamlValue, offset: number): FoundKey | null {
  if (value.kind === 'list') {
    const form = formsOf(spec).find((candidate) => candidate.kind === 'list');
    if (form === undefined) return null;
    const item = value.items.find(({ span }) => span.start <= offset && offset <= span.end);
    return item === undefined ? null : findKey(form.item, item, offset);
  }
  if (value.kind !== 'mapping') return null;
  for (const { key, keySpan, value: inner } of value.entries) {
    const child = childOf(spec, key);
    if (child === null) continue;
    const { start, end } = keySpan;
    if (start <= offset && offset < end) return 'description' in child ? { key, spec: child, start, end } : null;
    if (inner.span.start <= offset && offset <= inner.span.end) return findKey(child.value, inner, offset);
  }
  return null;
}

/** What stands behind a key. */
function childOf(spec: ValueSpec, key: string): KeySpec | { readonly value: ValueSpec } | null {
  const keys = keysOf(spec);
  if (keys !== null && Object.hasOwn(keys, key)) return keys[key];
  const named = formsOf(spec).find((form) => form.kind === 'named');
  return named === undefined ? null : { value: named.value };
}

/** What may be written at an offset, judged by indentation alone, so that it works in a text that is no YAML yet. */
export function cursorContext(root: ValueSpec, text: string, offset: number): CursorContext | null {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  const line = readLine(before);
  if (line === null) return null;
  const path = ancestorsOf(text, lineStart, line.indent);
  if (path === null) return null;
  const steps = [...path, ...line.dashes.map(() => listItem)];
  const spec = specAt(root, steps);
  if (spec === null) return null;
  const contentStart = lineStart + line.indent;
  const content = before.slice(line.indent);
  if (content.startsWith('{')) return valueContext(spec, content, contentStart, steps);
  if (line.key === null) {
    const list = formsOf(spec).find((form) => form.kind === 'list');
    if (list !== undefined && line.dashes.length === 0) {
      return { kind: 'item', path: steps, start: contentStart };
    }
    const taken = siblingsOf(text, lineStart, line.indent);
    return keyContext(spec, { taken, start: contentStart, isFlow: false }) ?? wordContext(spec, contentStart, steps);
  }
  const child = childOf(spec, line.key);
  if (child === null) return null;
  return valueContext(child.value, line.rest, offset - line.rest.length, [...steps, line.key]);
}

/** Stands for an item of a list in the path of a place. */
export const listItem = '[]';

interface CursorLine {
  /** Columns of the dashes in front. */
  readonly dashes: readonly number[];
  /** Column of what comes after them. */
  readonly indent: number;
  /** null: it has no colon yet. */
  readonly key: string | null;
  /** After the colon and the white space behind it. */
  readonly rest: string;
}

/** null for a comment. */
function readLine(line: string): CursorLine | null {
  const dashes: number[] = [];
  let at = /^ */.exec(line)?.[0].length ?? 0;
  while (/^-(\s|$)/.test(line.slice(at))) {
    dashes.push(at);
    at += 1 + (/^ */.exec(line.slice(at + 1))?.[0].length ?? 0);
  }
  const content = line.slice(at);
  if (content.startsWith('#')) return null;
  const match = /^("[^"]*"|'[^']*'|[^\s#{}[\],:'"][^:{}#]*?)\s*:(\s+|$)/.exec(content);
  if (match === null) return { dashes, indent: at, key: null, rest: '' };
  const [whole, key] = match;
  return { dashes, indent: at, key: key.replace(/^(["'])(.*)\1$/, '$2'), rest: content.slice(whole.length) };
}

/** The keys and list items in which a column of a line lies; null: in none that can be told. */
function ancestorsOf(text: string, lineStart: number, indent: number): readonly string[] | null {
  const path: string[] = [];
  let limit = indent;
  // The dashes of the line itself are its own.
  const own = readLine(text.slice(lineStart, lineStart + indent + 1));
  if (own !== null && 0 < own.dashes.length) limit = own.dashes[0];
  const isDash = own !== null && 0 < own.dashes.length;
  let mayEqual = isDash;
  for (const line of linesAbove(text, lineStart)) {
    if (line.trim() === '' || limit === 0) {
      if (limit === 0 && !mayEqual) break;
      if (line.trim() === '') continue;
    }
    const read = readLine(line);
    if (read === null) continue;
    const { dashes, key, rest } = read;
    // A list may stand as far to the left as the key that holds it.
    const isAncestor =
      key !== null && (read.indent < limit || (mayEqual && read.indent === limit && dashes.length === 0));
    const isHolder = isAncestor && /^(&\S+\s*)?([|>][-+\d]*\s*)?(#.*)?$/.test(rest);
    if (isHolder) path.unshift(key);
    if (isAncestor) [limit, mayEqual] = [read.indent, false];
    for (const dash of [...dashes].reverse()) {
      if (limit <= dash) continue;
      path.unshift(listItem);
      [limit, mayEqual] = [dash, true];
    }
  }
  return path;
}

/** A line above which another document stands. */
const documentStart = /^---(\s|$)/;

/** From the nearest upwards, of the same document. */
function* linesAbove(text: string, lineStart: number): Generator<string> {
  let end = lineStart - 1;
  while (0 <= end) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = text.slice(start, end);
    if (documentStart.test(line)) break;
    yield line;
    end = start - 1;
  }
}

/** Keys of the same mapping, above and below. */
function siblingsOf(text: string, lineStart: number, indent: number): ReadonlySet<string> {
  const taken = new Set<string>();
  const collect = (line: string): boolean => {
    if (line.trim() === '') return true;
    const read = readLine(line);
    if (read === null) return true;
    if (read.indent < indent) return false;
    if (read.indent === indent && read.key !== null) taken.add(read.key);
    // Above a dash in front of the mapping's column another item begins.
    return read.indent !== indent || read.dashes.length === 0;
  };
  if (!/^\s*-/.test(text.slice(lineStart, lineStart + indent))) {
    for (const line of linesAbove(text, lineStart)) if (!collect(line)) break;
  }
  const below = text.slice(lineStart).split('\n').slice(1);
  for (const line of below) {
    if (documentStart.test(line)) break;
    const read = readLine(line);
    if (read !== null && 0 < read.dashes.length && read.indent <= indent) break;
    if (!collect(line)) break;
  }
  return taken;
}

function specAt(root: ValueSpec, path: readonly string[]): ValueSpec | null {
  let spec = root;
  for (const step of path) {
    if (step === listItem) {
      const list = formsOf(spec).find((form) => form.kind === 'list');
      if (list === undefined) return null;
      spec = list.item;
    } else {
      const child = childOf(spec, step);
      if (child === null) return null;
      spec = child.value;
    }
  }
  return spec;
}

interface KeyPlace {
  readonly taken: ReadonlySet<string>;
  readonly start: number;
  readonly isFlow: boolean;
}

function keyContext(spec: ValueSpec, place: KeyPlace): CursorContext | null {
  const keys = keysOf(spec);
  if (keys !== null) return { kind: 'key', keys, ...place };
  const named = formsOf(spec).find((form) => form.kind === 'named');
  return named === undefined ? null : { kind: 'name', names: named.names, ...place };
}

function wordContext(spec: ValueSpec, start: number, path: readonly string[]): CursorContext {
  const words = formsOf(spec).flatMap((form) =>
    form.kind === 'word' ? form.words : form.kind === 'boolean' ? ['true', 'false'] : [],
  );
  return words.length === 0 ? { kind: 'value', spec, start, path } : { kind: 'word', words, start };
}

/** Behind a colon: a value, or what stands between braces. */
function valueContext(spec: ValueSpec, rest: string, restStart: number, path: readonly string[]): CursorContext | null {
  const stack: { readonly spec: ValueSpec; readonly taken: Set<string>; readonly path: readonly string[] }[] = [];
  let current: ValueSpec | null = spec;
  let steps = path;
  let start = 0;
  for (let at = 0; at < rest.length; at += 1) {
    const character = rest[at];
    if (character === '{') {
      if (current === null) return null;
      stack.push({ spec: current, taken: new Set(), path: steps });
      start = at + 1;
    } else if (character === '}') {
      stack.pop();
      start = at + 1;
    } else if (character === ',') {
      start = at + 1;
    } else if (character === ':' && /\s|$/.test(rest[at + 1] ?? ' ')) {
      const top = stack.at(-1);
      if (top === undefined) return null;
      const key = rest
        .slice(start, at)
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2');
      top.taken.add(key);
      current = childOf(top.spec, key)?.value ?? null;
      steps = [...top.path, key];
      start = at + 1;
      if (current === null) return null;
      continue;
    } else {
      continue;
    }
    current = stack.at(-1)?.spec ?? null;
  }
  const typed = rest.slice(start);
  const wordStart = restStart + start + (typed.length - typed.trimStart().length);
  const top = stack.at(-1);
  if (top !== undefined && current === top.spec) {
    return keyContext(top.spec, { taken: top.taken, start: wordStart, isFlow: true });
  }
  return current === null ? null : wordContext(current, wordStart, steps);
}
