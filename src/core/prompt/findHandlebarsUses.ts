import type { HandlebarsCall, HandlebarsExpression, HandlebarsNode, HandlebarsPath } from './handlebarsSyntax';
import type { TemplateUse } from './template';

/** What names stand for: variables, members of a loop's item, or of either. */
type Context = 'variables' | 'item' | 'either';

interface UseOptions {
  /** Functions; `{{name}}` of one of them is no variable. */
  readonly helpers: ReadonlySet<string>;
  /** Mustache looks names up in what is around a section too. */
  readonly looksAround: boolean;
}

/** The names that a template reads from outside, in their order. */
export function findHandlebarsUses(nodes: readonly HandlebarsNode[], options: UseOptions): readonly TemplateUse[] {
  const uses: TemplateUse[] = [];
  const tested = new Set<string>();
  const bound = new Map<string, number>();

  const readPath = (path: HandlebarsPath, contexts: readonly Context[]): void => {
    const isRoot = path.isData && path.names[0] === 'root';
    if (path.isData && !isRoot) return;
    const name = isRoot ? path.names[1] : path.names[0];
    if (name === undefined || (!path.isThis && path.depth === 0 && 0 < (bound.get(name) ?? 0))) return;
    const context = isRoot ? 'variables' : (contexts[contexts.length - 1 - path.depth] ?? 'variables');
    if (context === 'item') return;
    const start = path.span.start + Math.max(0, path.text.indexOf(name));
    const use = { name, span: { start, end: start + name.length }, isOptional: false };
    uses.push(context === 'either' ? { ...use, isScoped: true } : use);
  };
  const readExpression = (expression: HandlebarsExpression, contexts: readonly Context[]): void => {
    if (expression.kind === 'path') readPath(expression, contexts);
    else if (expression.kind === 'call') readCall(expression, contexts);
  };
  const readArguments = ({ args, options: named }: HandlebarsCall, contexts: readonly Context[]): void => {
    for (const argument of args) readExpression(argument, contexts);
    for (const { value } of named) readExpression(value, contexts);
  };
  const readCall = (call: HandlebarsCall, contexts: readonly Context[]): void => {
    const isPlain = call.args.length === 0 && call.options.length === 0;
    if (isPlain && call.head.kind === 'path' && !options.helpers.has(call.head.text)) readPath(call.head, contexts);
    else readArguments(call, contexts);
  };
  const readNodes = (list: readonly HandlebarsNode[], contexts: readonly Context[]): void => {
    for (const node of list) {
      if (node.kind === 'output') readCall(node.call, contexts);
      else if (node.kind === 'partial') readArguments(node.call, contexts);
      else if (node.kind === 'section') {
        const name = node.call.head.kind === 'path' ? node.call.head.text : '';
        const isTest = name === 'if' || name === 'unless';
        const subject = isTest ? node.call.args[0] : node.call.args.length === 0 ? node.call.head : undefined;
        if (subject?.kind === 'path' && subject.names[0] !== undefined) tested.add(subject.names[0]);
        readCall(node.call, contexts);
        for (const param of node.params) bound.set(param, (bound.get(param) ?? 0) + 1);
        readNodes(node.body, insideOf(name, contexts));
        for (const param of node.params) bound.set(param, (bound.get(param) ?? 0) - 1);
        readNodes(node.inverse, contexts);
      }
    }
  };
  const insideOf = (name: string, contexts: readonly Context[]): readonly Context[] => {
    if (name === 'each' || name === 'with') return [...contexts, options.looksAround ? 'either' : 'item'];
    return options.helpers.has(name) ? contexts : [...contexts, 'either'];
  };

  readNodes(nodes, ['variables']);
  return uses.map((use) => (tested.has(use.name) ? { ...use, isOptional: true } : use));
}
