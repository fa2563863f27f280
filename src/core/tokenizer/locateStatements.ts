import { findTags } from './findTags';
import type { TemplateNode, TemplateProgram } from './templateInterpreter';

type Nodes = readonly LocatedNode[];

/** The parts of the package's syntax tree that are read here. */
interface LocatedNode extends TemplateNode {
  readonly body?: Nodes;
  readonly alternate?: Nodes;
  readonly defaultBlock?: Nodes;
  readonly value?: unknown;
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
