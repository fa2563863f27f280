import type { TemplateNode, TemplateProgram } from './templateInterpreter';

type Nodes = readonly LocatedNode[];

/** The parts of the package's syntax tree that are read here. */
interface LocatedNode extends TemplateNode {
  readonly body?: Nodes;
  readonly alternate?: Nodes;
  readonly defaultBlock?: Nodes;
  readonly value?: unknown;
}

/** One tag of the template: a statement, an expression or a comment. */
interface Tag {
  readonly offset: number;
  /** First word of a statement ("if", "elif", "set"); null for expressions and comments. */
  readonly keyword: string | null;
  /** The text, where the tag is an expression that is nothing but a string literal. */
  readonly literal: string | null;
}

/**
 * Where the statements of a template begin in its source, in UTF-16 units; the package's tree has no positions. The tags
 * are found again in the source and matched to the tree in document order; where the two do not match, the rest of the
 * template stays without positions.
 */
export function locateStatements(source: string, program: TemplateProgram): ReadonlyMap<TemplateNode, number> {
  const offsets = new Map<TemplateNode, number>();
  const tags = findTags(source);
  let next = 0;

  const isAt = (...keywords: string[]): boolean => keywords.includes(tags[next]?.keyword ?? '');

  const skip = (keyword: string): void => {
    if (!isAt(keyword)) throw new LostPlace();
    next += 1;
  };

  const locateIf = (node: LocatedNode): void => {
    locateBlock(node.body ?? []);
    const alternate = node.alternate ?? [];
    if (isAt('elif') && alternate[0] !== undefined) {
      locateTag(alternate[0]);
      locateIf(alternate[0]);
    } else if (isAt('else')) {
      next += 1;
      locateBlock(alternate);
    }
  };

  const locateTag = (node: LocatedNode): void => {
    const tag = tags[next];
    if (tag === undefined) throw new LostPlace();
    offsets.set(node, tag.offset);
    next += 1;
  };

  const locateBlock = (nodes: Nodes): void => {
    for (const node of nodes) {
      // Text between tags is a string literal too.
      if (node.type === 'StringLiteral' && node.value !== tags[next]?.literal) continue;
      locateTag(node);
      switch (node.type) {
        case 'If':
          locateIf(node);
          skip('endif');
          break;
        case 'For':
          locateBlock(node.body ?? []);
          if (isAt('else')) {
            next += 1;
            locateBlock(node.defaultBlock ?? []);
          }
          skip('endfor');
          break;
        case 'Set':
          if (node.value !== null) break;
          locateBlock(node.body ?? []);
          skip('endset');
          break;
        case 'Macro':
        case 'CallStatement':
        case 'FilterStatement':
          locateBlock(node.body ?? []);
          skip(node.type === 'Macro' ? 'endmacro' : node.type === 'CallStatement' ? 'endcall' : 'endfilter');
          break;
        default:
          break;
      }
    }
  };

  try {
    locateBlock(program.body);
  } catch (error) {
    if (!(error instanceof LostPlace)) throw error;
  }
  return offsets;
}

class LostPlace extends Error {}

function findTags(source: string): Tag[] {
  const tags: Tag[] = [];
  const opening = /\{[{%#]/g;
  for (let match = opening.exec(source); match !== null; match = opening.exec(source)) {
    const offset = match.index;
    const end = findTagEnd(source, offset);
    const inside = source.slice(offset + 2, end - 2);
    const keyword = match[0] === '{%' ? (/^[-+]?\s*(\w+)/.exec(inside)?.[1] ?? '') : null;
    const literal = match[0] === '{{' ? readLiteral(inside) : null;
    // The package removes these marks before it parses.
    if (keyword !== 'generation' && keyword !== 'endgeneration') tags.push({ offset, keyword, literal });
    opening.lastIndex = end;
  }
  return tags;
}

function readLiteral(expression: string): string | null {
  const match = /^[-+]?\s*(['"])((?:\\.|(?!\1)[^\\])*)\1\s*[-+]?$/s.exec(expression);
  return match === null
    ? null
    : (match[2] ?? '').replace(/\\(.)/gs, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}

/** Offset after the tag's closing mark, which does not count inside a string literal or an object literal. */
function findTagEnd(source: string, offset: number): number {
  if (source[offset + 1] === '#') {
    const end = source.indexOf('#}', offset + 2);
    return end < 0 ? source.length : end + 2;
  }
  const closing = source[offset + 1] === '%' ? '%}' : '}}';
  let depth = 0;
  for (let index = offset + 2; index < source.length; index += 1) {
    const character = source[index] ?? '';
    if (character === '"' || character === "'") index = findStringEnd(source, index);
    else if (depth === 0 && source.startsWith(closing, index)) return index + 2;
    else if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
  }
  return source.length;
}

/** Index of the closing quotation mark. */
function findStringEnd(source: string, start: number): number {
  for (let index = start + 1; index < source.length; index += 1) {
    if (source[index] === '\\') index += 1;
    else if (source[index] === source[start]) return index;
  }
  return source.length;
}
