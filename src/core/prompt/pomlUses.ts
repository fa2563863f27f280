import { globalNames } from './evaluateExpression';
import type { Expression } from './expressionSyntax';
import type { PomlElement, PomlNode } from './pomlMarkup';
import { readExpression, readSegments, type PomlSegment } from './pomlSegments';
import type { PromptProblem } from './promptFile';
import type { TemplateReading, TemplateUse } from './template';

/** Whose contents are not read as text: code, styles, schemas of tools. */
export const skippedElements: ReadonlySet<string> = new Set([
  'stylesheet',
  'meta',
  'tool',
  'tooldefinition',
  'runtime',
  'outputschema',
]);

/** The names that a POML file reads from outside, and the expressions that cannot be read. */
export function findPomlUses(text: string, nodes: readonly PomlNode[]): TemplateReading {
  const uses: TemplateUse[] = [];
  const problems: PromptProblem[] = [];
  const optional = new Set<string>();
  /** What `<let>` has set by then, and loops around. */
  const bound = new Set<string>();
  /** A file without a name may set any. */
  let isOpen = false;

  const visit = (expression: Expression, own: ReadonlySet<string>, isTest: boolean): void => {
    switch (expression.kind) {
      case 'literal':
        return;
      case 'name':
        if (own.has(expression.name) || bound.has(expression.name) || globalNames.has(expression.name)) return;
        if (isTest) optional.add(expression.name);
        uses.push({
          name: expression.name,
          span: expression.span,
          isOptional: false,
          ...(isOpen ? { isScoped: true } : {}),
        });
        return;
      case 'list':
        for (const item of expression.items) visit(item, own, isTest);
        return;
      case 'text':
        for (const part of expression.parts) visit(part, own, isTest);
        return;
      case 'object':
        for (const { value } of expression.members) visit(value, own, isTest);
        return;
      case 'unary':
        visit(expression.operand, own, isTest);
        return;
      case 'binary':
        visit(expression.left, own, isTest || expression.sign === '||' || expression.sign === '??');
        visit(expression.right, own, isTest);
        return;
      case 'choice':
        visit(expression.condition, own, true);
        visit(expression.then, own, isTest);
        visit(expression.otherwise, own, isTest);
        return;
      case 'member':
        visit(expression.object, own, isTest);
        visit(expression.key, own, isTest);
        return;
      case 'call':
        visit(expression.callee, own, isTest);
        for (const argument of expression.args) visit(argument, own, isTest);
        return;
      case 'function':
        visit(expression.body, new Set([...own, ...expression.params]), isTest);
    }
  };
  const readSegment = (segment: PomlSegment, own: ReadonlySet<string>, isTest = false): void => {
    if (segment.kind === 'expression') visit(segment.expression, own, isTest);
    else if (segment.kind === 'problem' && problems.length < 20) {
      problems.push({ severity: 'warning', message: segment.message, span: segment.span });
    }
  };
  const readElement = (element: PomlElement, own: ReadonlySet<string>): void => {
    let inner = own;
    const loop = attributeOf(element, 'for');
    const parts = loop === null ? null : readLoop(text, loop.value);
    if (parts !== null) {
      readSegment(readExpression(text, parts.list), own);
      inner = new Set([...own, parts.name, 'loop']);
    } else if (loop !== null) problems.push({ severity: 'error', message: loopMessage, span: loop.span });
    const condition = attributeOf(element, 'if');
    if (condition !== null) readSegment(readExpression(text, condition.value), inner, true);
    const isLet = element.name === 'let';
    for (const { name, value } of element.attributes) {
      if (name === 'for' || name === 'if') continue;
      if (isLet && name === 'value') readSegment(readExpression(text, value), inner);
      else if (!(isLet && name === 'name'))
        for (const segment of readSegments(text, value)) readSegment(segment, inner);
    }
    if (!skippedElements.has(element.name)) readNodes(element.children, inner);
    if (!isLet) return;
    const name = attributeOf(element, 'name');
    if (name === null) isOpen = true;
    else bound.add(text.slice(name.value.start, name.value.end));
  };
  const readNodes = (list: readonly PomlNode[], own: ReadonlySet<string>): void => {
    for (const node of list) {
      if (node.kind === 'element') readElement(node, own);
      else if (!node.isLiteral) for (const segment of readSegments(text, node.span)) readSegment(segment, own);
    }
  };
  readNodes(nodes, new Set());
  return { uses: uses.map((use) => (optional.has(use.name) ? { ...use, isOptional: true } : use)), problems };
}

export const loopMessage = 'a loop is written `for="item in items"`';

export interface PomlLoop {
  readonly name: string;
  readonly list: PomlElement['span'];
}

/** `item in items` */
export function readLoop(text: string, { start, end }: PomlElement['span']): PomlLoop | null {
  const match = /^\s*([\p{L}_$][\p{L}\p{N}_$]*)\s+in\s+([^]+)$/du.exec(text.slice(start, end));
  const list = match?.indices?.[2];
  if (match === null || list === undefined) return null;
  return { name: match[1] ?? '', list: { start: start + list[0], end: start + list[1] } };
}

export function attributeOf(
  element: PomlElement,
  ...names: readonly string[]
): PomlElement['attributes'][number] | null {
  return element.attributes.find(({ name }) => names.includes(name)) ?? null;
}
