import type { Span } from '../promptFile/locateJson';
import type { PromptFileText } from './parsePromptFile';
import { readPomlMarkup, type PomlElement, type PomlNode } from './pomlMarkup';
import { attributeOf, findPomlUses } from './pomlUses';
import type { FileReference, PromptFile, PromptProblem } from './promptFile';
import { collectVariables } from './promptVariables';
import { isNoText } from './renderPoml';
import { trimLines } from './roleMarkers';
import { verbatimSource } from './sourceText';

const media: ReadonlySet<string> = new Set(['img', 'image', 'audio', 'webpage', 'folder']);

/** A .poml file: its text; what is not text is told and left out. */
export function parsePoml({ text }: PromptFileText): PromptFile {
  const { nodes, problems } = readPomlMarkup(text);
  const { uses, problems: expressionProblems } = findPomlUses(text, nodes);
  const references: FileReference[] = [];
  const notes: PromptProblem[] = [];
  const note = (message: string, span: Span): void => {
    if (notes.length < 100) notes.push({ severity: 'information', message, span });
  };
  visitElements(nodes, (element) => {
    const source = attributeOf(element, 'src');
    const path = source === null ? null : text.slice(source.value.start, source.value.end);
    if (media.has(element.name)) note(`<${element.name}> is no text: it is left out of what is scored`, element.span);
    else if (element.name === 'tool' || element.name === 'tooldefinition')
      note('tools are left out of what is scored', element.span);
    else if (path !== null && source !== null && path !== '' && !path.includes('{{')) {
      if (isNoText(path)) note(`${path} is no text: it is left out of what is scored`, element.span);
      else if (!references.some((each) => each.path === path)) references.push({ path, span: source.value });
    }
  });
  const span = trimLines(text, { start: text.startsWith('\uFEFF') ? 1 : 0, end: text.length });
  const source = verbatimSource(text, { start: 0, end: text.length });
  return {
    format: 'poml',
    name: null,
    description: null,
    prompts: [
      {
        label: 'prompt',
        span,
        language: 'poml',
        parts: span.start < span.end ? [{ role: 'user', text: text.slice(span.start, span.end), span }] : [],
        variables: collectVariables({ uses }),
        body: { kind: 'poml', source },
      },
    ],
    inputs: [],
    references,
    problems: [...problems, ...expressionProblems, ...notes],
  };
}

function visitElements(nodes: readonly PomlNode[], visit: (element: PomlElement) => void): void {
  for (const node of nodes) {
    if (node.kind !== 'element') continue;
    visit(node);
    visitElements(node.children, visit);
  }
}
