import type { Span } from '../promptFile/locateJson';
import type { PromptProblem } from './promptFile';

export type PomlNode = PomlElement | PomlText;

export interface PomlElement {
  readonly kind: 'element';
  /** In lower case without dashes: `<human-message>` and `<HumanMessage>` are the same. */
  readonly name: string;
  readonly attributes: readonly PomlAttribute[];
  readonly children: readonly PomlNode[];
  /** Of the opening tag. */
  readonly span: Span;
  /** Between the tags. */
  readonly inside: Span;
}

export interface PomlAttribute {
  /** In lower case without dashes. */
  readonly name: string;
  /** Within the quotation marks. */
  readonly value: Span;
  readonly span: Span;
}

export interface PomlText {
  readonly kind: 'text';
  readonly span: Span;
  /** CDATA: entities and braces in it are text. */
  readonly isLiteral: boolean;
}

export interface PomlMarkup {
  readonly nodes: readonly PomlNode[];
  readonly problems: readonly PromptProblem[];
}

/** Elements within elements. */
const maxDepth = 100;
const maxProblems = 20;

interface OpenElement {
  readonly name: string;
  /** As written. */
  readonly written: string;
  readonly attributes: readonly PomlAttribute[];
  readonly children: PomlNode[];
  readonly span: Span;
}

/** Reads POML as XML that forgives: a `<` before anything but a name is text, and so is what has no root around it. */
export function readPomlMarkup(text: string): PomlMarkup {
  const problems: PromptProblem[] = [];
  const root: PomlNode[] = [];
  const open: OpenElement[] = [];
  const report = (message: string, span: Span): void => {
    if (problems.length < maxProblems) problems.push({ severity: 'error', message, span });
  };
  const add = (node: PomlNode): void => {
    (open.at(-1)?.children ?? root).push(node);
  };
  const addText = (start: number, end: number, isLiteral = false): void => {
    if (start < end) add({ kind: 'text', span: { start, end }, isLiteral });
  };
  const close = (end: number): void => {
    const element = open.pop();
    if (element === undefined) return;
    const { name, attributes, children, span } = element;
    add({ kind: 'element', name, attributes, children, span, inside: { start: span.end, end } });
  };

  let from = text.startsWith('\uFEFF') ? 1 : 0;
  for (let at = findMark(text, from); at < text.length; at = findMark(text, at)) {
    if (text[at] === '{') {
      at = findExpressionEnd(text, at) ?? at + 2;
      continue;
    }
    const special = skipSpecial(text, at);
    if (special !== null) {
      addText(from, at);
      if (special.content !== null) addText(special.content.start, special.content.end, true);
      if (special.problem !== null) report(special.problem, { start: at, end: Math.min(text.length, at + 4) });
      at = from = special.end;
      continue;
    }
    const closing = /<\/([A-Za-z][\w:.-]*)\s*>/y;
    closing.lastIndex = at;
    const closed = closing.exec(text);
    if (closed !== null) {
      addText(from, at);
      const name = normalise(closed[1] ?? '');
      const end = at + closed[0].length;
      if (!open.some((element) => element.name === name)) report(`${closed[0]} closes nothing`, { start: at, end });
      else {
        for (let element = open.at(-1); element !== undefined && element.name !== name; element = open.at(-1)) {
          report(`<${element.written}> is not closed before ${closed[0]}`, element.span);
          close(at);
        }
        close(at);
      }
      at = from = end;
      continue;
    }
    const tag = readOpeningTag(text, at);
    if (tag === null) {
      at += 1;
      continue;
    }
    addText(from, at);
    if (tag.problem !== null) report(tag.problem, tag.span);
    if (tag.isClosed) {
      const inside = { start: tag.span.end, end: tag.span.end };
      add({ kind: 'element', name: tag.name, attributes: tag.attributes, children: [], span: tag.span, inside });
    } else if (open.length < maxDepth) open.push({ ...tag, children: [] });
    else {
      report(`elements are nested more than ${maxDepth} deep`, tag.span);
      break;
    }
    at = from = tag.span.end;
  }
  addText(from, text.length);
  for (const { written, span } of open) report(`<${written}> is not closed`, span);
  while (open.length > 0) close(text.length);
  return { nodes: root, problems };
}

/** The next `<` or `{{`. */
function findMark(text: string, from: number): number {
  const mark = /<|\{\{/g;
  mark.lastIndex = from;
  return mark.exec(text)?.index ?? text.length;
}

const maxExpressionLength = 3000;
const maxBraceDepth = 20;

/** Offset after the `}}` of an expression, in which braces and strings may stand; null: it has none. */
export function findExpressionEnd(text: string, start: number, limit = text.length): number | null {
  let depth = 0;
  // Without bounds, open braces would each search the whole text.
  const last = Math.min(limit, start + maxExpressionLength);
  for (let index = start + 2; index < last && depth < maxBraceDepth; index += 1) {
    const unit = text[index];
    if (unit === '{') depth += 1;
    else if (unit === '}') {
      if (depth === 0) return text[index + 1] === '}' ? index + 2 : null;
      depth -= 1;
    } else if (unit === '"' || unit === "'" || unit === '`') {
      let end = index + 1;
      while (end < last && text[end] !== unit) end += text[end] === '\\' ? 2 : 1;
      if (last <= end) return null;
      index = end;
    }
  }
  return null;
}

interface Special {
  readonly end: number;
  readonly content: Span | null;
  readonly problem: string | null;
}

/** Comments, CDATA, `<?…?>` and `<!DOCTYPE …>`. */
function skipSpecial(text: string, at: number): Special | null {
  const kinds = [
    { opening: '<!--', closing: '-->' },
    { opening: '<![CDATA[', closing: ']]>' },
    { opening: '<?', closing: '?>' },
    { opening: '<!DOCTYPE', closing: '>' },
  ];
  const kind = kinds.find(({ opening }) => text.startsWith(opening, at));
  if (kind === undefined) return null;
  const start = at + kind.opening.length;
  const found = text.indexOf(kind.closing, start);
  const stop = found < 0 ? text.length : found;
  return {
    end: found < 0 ? text.length : found + kind.closing.length,
    content: kind.closing === ']]>' ? { start, end: stop } : null,
    problem: found < 0 ? `\`${kind.opening}\` is not closed: \`${kind.closing}\` is missing` : null,
  };
}

interface OpeningTag {
  readonly name: string;
  readonly written: string;
  readonly attributes: readonly PomlAttribute[];
  readonly span: Span;
  readonly isClosed: boolean;
  readonly problem: string | null;
}

function readOpeningTag(text: string, start: number): OpeningTag | null {
  const opening = /<([A-Za-z][\w:.-]*)(?=[\s/>]|$)/y;
  opening.lastIndex = start;
  const match = opening.exec(text);
  if (match === null) return null;
  const written = match[1] ?? '';
  const attributes: PomlAttribute[] = [];
  const attribute = /\s*([A-Za-z_@:][\w:.-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>/=]+)))?/dy;
  const ending = /\s*(\/?)>/y;
  let at = start + match[0].length;
  for (;;) {
    ending.lastIndex = at;
    const end = ending.exec(text);
    if (end !== null) {
      const span = { start, end: at + end[0].length };
      return { name: normalise(written), written, attributes, span, isClosed: end[1] === '/', problem: null };
    }
    attribute.lastIndex = at;
    const found = attribute.exec(text);
    const range = found?.indices?.[2] ?? found?.indices?.[3] ?? found?.indices?.[4] ?? found?.indices?.[1];
    const name = found?.indices?.[1];
    if (found === null || range === undefined || name === undefined) break;
    const [from, to] = range;
    attributes.push({
      name: normalise(found[1] ?? ''),
      value: { start: from, end: to },
      span: { start: name[0], end: at + found[0].length },
    });
    at += found[0].length;
  }
  const lineEnd = text.indexOf('\n', at);
  const span = { start, end: lineEnd < 0 ? text.length : lineEnd };
  const problem = `the tag <${written}> cannot be read`;
  return { name: normalise(written), written, attributes, span, isClosed: true, problem };
}

function normalise(name: string): string {
  return name.toLowerCase().replaceAll('-', '');
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: '\u00a0' };

/** XML's entities, and POML's own with `#` instead of `&`. */
export function decodeEntities(text: string): string {
  return text.replace(
    /[&#](?:(lt|gt|amp|quot|apos|nbsp)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/g,
    (written, name?: string, decimal?: string, hex?: string) => {
      if (name !== undefined) return entities[name] ?? written;
      const code = decimal !== undefined ? Number(decimal) : parseInt(hex ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : written;
    },
  );
}
