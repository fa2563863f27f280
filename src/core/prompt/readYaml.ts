import { isAlias, isMap, isNode, isScalar, isSeq, parseDocument, type Node } from 'yaml';
import type { Span } from '../promptFile/locateJson';
import { isYamlNestedTooDeeply } from '../yamlNesting';
import type { LocatedEntry, LocatedReading, LocatedScalar, LocatedValue } from './locatedValue';

/** Values that a document may have once its aliases are followed. */
const maxValues = 100_000;
const maxDepth = 100;

/** Keys are compared with each other: only in documents where that takes no time. */
const maxUniqueKeysLength = 20_000;

/** YAML with its places; never throws. @param start where in the file the YAML begins. */
export function readYaml(text: string, start = 0): LocatedReading {
  if (isYamlNestedTooDeeply(text)) {
    const span = { start, end: start + text.length };
    return { root: null, problems: [{ message: 'not YAML: nested too deeply', span }] };
  }
  try {
    return readDocument(text, start);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const message = error instanceof RangeError ? 'nested too deeply' : error.message;
    return { root: null, problems: [{ message: `not YAML: ${message}`, span: { start, end: start + text.length } }] };
  }
}

function readDocument(text: string, start: number): LocatedReading {
  const document = parseDocument(text, {
    keepSourceTokens: false,
    logLevel: 'silent',
    prettyErrors: false,
    uniqueKeys: text.length <= maxUniqueKeysLength,
  });
  const problems = document.errors.map(({ message, pos }) => ({
    message: `not YAML: ${lowerFirst(message)}`,
    span: { start: start + pos[0], end: start + Math.min(text.length, Math.max(pos[1], pos[0] + 1)) },
  }));
  const conversion: Conversion = { anchors: new Map(), text, start, left: maxValues };
  const root = document.contents === null ? null : locate(document.contents, conversion, 0);
  if (conversion.left < 0) {
    problems.push({
      message: `more than ${maxValues} values: the rest is left out`,
      span: { start, end: start + text.length },
    });
  }
  return { root, problems };
}

interface Conversion {
  /** The nodes that aliases mean, as far as the document has been read. */
  readonly anchors: Map<string, Node>;
  readonly text: string;
  readonly start: number;
  left: number;
}

function locate(node: unknown, conversion: Conversion, depth: number): LocatedValue {
  conversion.left -= 1;
  const span = spanOf(node, conversion);
  if (conversion.left < 0 || maxDepth < depth) return { kind: 'scalar', value: null, span };
  if (isAlias(node)) {
    const target = conversion.anchors.get(node.source);
    return target === undefined ? { kind: 'scalar', value: null, span } : locate(target, conversion, depth + 1);
  }
  if (isNode(node) && node.anchor !== undefined) conversion.anchors.set(node.anchor, node);
  if (isSeq(node)) {
    return { kind: 'list', items: node.items.map((item) => locate(item, conversion, depth + 1)), span };
  }
  if (!isMap(node)) return locateScalar(node, span);
  const entries: LocatedEntry[] = [];
  for (const { key, value } of node.items) {
    if (conversion.left < 0) break;
    const keySpan = spanOf(key, conversion);
    const located = value === null ? nothingAfter(keySpan) : locate(value, conversion, depth + 1);
    const name = isScalar(key) ? String(key.value) : '';
    if (name === '<<') entries.unshift(...mergedEntries(located));
    else if (isScalar(key)) entries.push({ key: name, keySpan, value: located });
  }
  return { kind: 'map', entries, span };
}

/** `<<: *base` and `<<: [*a, *b]`. */
function mergedEntries(value: LocatedValue): readonly LocatedEntry[] {
  if (value.kind === 'map') return value.entries;
  return value.kind === 'list' ? value.items.flatMap((item) => mergedEntries(item)) : [];
}

function locateScalar(node: unknown, span: Span): LocatedScalar {
  const value = isScalar(node) ? node.value : null;
  const isPlain =
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return { kind: 'scalar', value: isPlain ? value : String(value), span };
}

function nothingAfter({ end }: Span): LocatedScalar {
  return { kind: 'scalar', value: null, span: { start: end, end } };
}

/** Without the line breaks that a map or a list ends with. */
function spanOf(node: unknown, { text, start }: Conversion): Span {
  const range = (node as Node | null | undefined)?.range;
  if (range === null || range === undefined) return { start, end: start + text.length };
  let end = Math.min(text.length, range[1]);
  if (isMap(node) || isSeq(node)) while (range[0] < end && /\s/.test(text[end - 1] ?? '')) end -= 1;
  return { start: start + range[0], end: start + end };
}

function lowerFirst(message: string): string {
  return /^[A-Z][a-z]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
}
