import { html, nothing, type TemplateResult } from 'lit';

/**
 * A model card's Markdown as elements: headings, paragraphs, lists, tables, code, bold, emphasis, code spans. Links keep
 * their text alone, HTML stays text. What it does not know is a paragraph.
 */
export function renderCard(markdown: string): readonly TemplateResult[] {
  return blocksOf(markdown.replace(/\r\n?/g, '\n').split('\n')).map(renderBlock);
}

type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'list'; readonly isOrdered: boolean; readonly items: readonly string[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[]; readonly alignments: readonly boolean[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string };

const headingLine = /^(#{1,6})\s+(.*?)\s*#*$/;
const itemLine = /^\s{0,3}(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const fenceLine = /^\s{0,3}(```|~~~)/;
const ruleLine = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/;

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const heading = headingLine.exec(line);
    if (line.trim() === '') at += 1;
    else if (fenceLine.test(line)) at = readCode(lines, at, blocks);
    else if (heading !== null) {
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' });
      at += 1;
    } else if (line.includes('|') && ruleLine.test(lines[at + 1] ?? '')) at = readTable(lines, at, blocks);
    else if (itemLine.test(line)) at = readList(lines, at, blocks);
    else at = readParagraph(lines, at, blocks);
  }
  return blocks;
}

function readCode(lines: readonly string[], start: number, blocks: Block[]): number {
  let end = start + 1;
  while (end < lines.length && !fenceLine.test(lines[end] ?? '')) end += 1;
  blocks.push({ kind: 'code', text: lines.slice(start + 1, end).join('\n') });
  return end + 1;
}

function readTable(lines: readonly string[], start: number, blocks: Block[]): number {
  let end = start + 2;
  while (end < lines.length && (lines[end] ?? '').includes('|') && (lines[end] ?? '').trim() !== '') end += 1;
  const rows = [lines[start] ?? '', ...lines.slice(start + 2, end)].map(cellsOf);
  const alignments = cellsOf(lines[start + 1] ?? '').map((rule) => rule.endsWith(':'));
  blocks.push({ kind: 'table', rows, alignments });
  return end;
}

function readList(lines: readonly string[], start: number, blocks: Block[]): number {
  const items: string[] = [];
  let end = start;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? '';
    const item = itemLine.exec(line);
    if (item !== null) items.push(item[2] ?? '');
    else if (/^\s+\S/.test(line) && 0 < items.length) items.push(`${items.pop() ?? ''} ${line.trim()}`);
    else break;
  }
  blocks.push({ kind: 'list', isOrdered: itemLine.exec(lines[start] ?? '')?.[1] !== undefined, items });
  return end;
}

/** At least one line, so that nothing is read for ever. */
function readParagraph(lines: readonly string[], start: number, blocks: Block[]): number {
  let end = start + 1;
  const isOther = (line: string): boolean =>
    line.trim() === '' || headingLine.test(line) || itemLine.test(line) || fenceLine.test(line);
  while (end < lines.length && !isOther(lines[end] ?? '')) end += 1;
  const text = lines
    .slice(start, end)
    .map((line) => line.trim())
    .join(' ');
  blocks.push({ kind: 'paragraph', text });
  return end;
}

/** A bar that is escaped belongs to the cell. */
function cellsOf(line: string): readonly string[] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function renderBlock(block: Block): TemplateResult {
  switch (block.kind) {
    case 'heading': {
      const text = renderInline(block.text);
      if (block.level <= 1) return html`<h3 class="cardTitle">${text}</h3>`;
      return block.level === 2 ? html`<h3>${text}</h3>` : html`<h4>${text}</h4>`;
    }
    case 'paragraph':
      return html`<p>${renderInline(block.text)}</p>`;
    case 'code':
      return html`<pre class="mono scroll" tabindex="0">${block.text}</pre>`;
    case 'list': {
      const items = block.items.map((item) => html`<li>${renderInline(item)}</li>`);
      return block.isOrdered
        ? html`<ol>
            ${items}
          </ol>`
        : html`<ul>
            ${items}
          </ul>`;
    }
    case 'table':
      return renderTable(block);
  }
}

function renderTable({ rows, alignments }: Extract<Block, { kind: 'table' }>): TemplateResult {
  const [head = [], ...body] = rows;
  const classOf = (index: number): string | typeof nothing => (alignments[index] === true ? 'value' : nothing);
  return html`<div class="scroll" tabindex="0">
    <table>
      <thead>
        <tr>
          ${head.map((cell, index) => html`<th scope="col" class=${classOf(index)}>${renderInline(cell)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${body.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, index) => html`<td class=${classOf(index)}>${renderInline(cell)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const inlineParts =
  /`([^`]+)`|\*\*(.+?)\*\*|(?<![\w*])\*(?!\s)([^*]+?)\*(?![\w*])|(?<![\w_])_(?!\s)([^_]+?)_(?![\w_])|\[([^\]]*)\]\([^)]*\)|\\([\\`*_{}[\]()#+\-.!|<>~])/g;

function renderInline(text: string): readonly (string | TemplateResult)[] {
  const parts: (string | TemplateResult)[] = [];
  let end = 0;
  for (const match of text.matchAll(inlineParts)) {
    if (end < match.index) parts.push(text.slice(end, match.index));
    const [whole, code, bold, star, underline, link, escaped] = match;
    if (code !== undefined) parts.push(html`<code class="mono">${code}</code>`);
    else if (bold !== undefined) parts.push(html`<strong>${renderInline(bold)}</strong>`);
    else if (star !== undefined || underline !== undefined) parts.push(html`<em>${star ?? underline}</em>`);
    else parts.push(link ?? escaped ?? whole);
    end = match.index + whole.length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}
