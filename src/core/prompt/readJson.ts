import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import type { LocatedReading, LocatedValue } from './locatedValue';

/** JSON with its places, comments and trailing commas allowed; never throws. @param start where in the file it begins. */
export function readJson(text: string, start = 0): LocatedReading {
  const errors: ParseError[] = [];
  try {
    const tree = parseTree(text, errors, { allowTrailingComma: true });
    return {
      root: tree === undefined ? null : locate(tree, start),
      problems: errors.slice(0, 1).map(({ error, offset, length }) => ({
        message: `not JSON: ${describe(printParseErrorCode(error))}`,
        span: { start: start + offset, end: start + offset + Math.max(1, length) },
      })),
    };
  } catch (error) {
    // The tree is made by recursion.
    if (!(error instanceof RangeError)) throw error;
    const span = { start, end: start + text.length };
    return { root: null, problems: [{ message: 'not JSON: nested too deeply', span }] };
  }
}

function locate(node: Node, start: number): LocatedValue {
  const span = { start: start + node.offset, end: start + node.offset + node.length };
  if (node.type === 'array') {
    return { kind: 'list', items: (node.children ?? []).map((child) => locate(child, start)), span };
  }
  if (node.type !== 'object') {
    return { kind: 'scalar', value: (node.value ?? null) as string | number | boolean | null, span };
  }
  const entries = (node.children ?? []).flatMap(({ children: [key, value] = [] }) => {
    if (key === undefined || value === undefined) return [];
    const keySpan = { start: start + key.offset, end: start + key.offset + key.length };
    return [{ key: String(key.value), keySpan, value: locate(value, start) }];
  });
  return { kind: 'map', entries, span };
}

/** "CommaExpected" -> "comma expected" */
function describe(code: string): string {
  return code.replace(/(?!^)([A-Z])/g, ' $1').toLowerCase();
}
