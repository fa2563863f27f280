import type { Message } from '../promptFile/message';

export interface WrittenElement {
  readonly name: string;
  readonly caption: string | null;
  readonly captionStyle: string | null;
  readonly listStyle: string | null;
  /** Line breaks and spaces stay. */
  readonly isPreformatted: boolean;
  /** Code on lines of its own. */
  readonly isBlock: boolean;
  readonly language: string | null;
  /** Whether examples within it are turns; null: as around it. */
  readonly chat: boolean | null;
}

/** Captions that POML's components have by themselves. */
const headings: Readonly<Record<string, string>> = {
  role: 'Role',
  task: 'Task',
  outputformat: 'Output Format',
  stepwiseinstructions: 'Stepwise Instructions',
  examples: 'Examples',
  exampleset: 'Examples',
};

const leads: Readonly<Record<string, string>> = {
  hint: 'Hint',
  qa: 'Question',
  question: 'Question',
  input: 'Input',
  output: 'Output',
};

/** Around text within a line. */
const inlineMarks: Readonly<Record<string, string>> = {
  b: '**',
  bold: '**',
  i: '*',
  italic: '*',
  s: '~~',
  strike: '~~',
  strikethrough: '~~',
  u: '__',
  underline: '__',
  code: '`',
  span: '',
  inline: '',
  text: '',
};

interface Turn {
  /** Null: nobody says who speaks. */
  readonly role: string | null;
  blocks: string[];
}

/** Writes POML's elements as Markdown, paragraph by paragraph and turn by turn. */
export class PomlWriter {
  readonly #measure: (text: string) => void;
  readonly #turns: Turn[] = [{ role: null, blocks: [] }];
  /** Text of the paragraph at hand. */
  #line = '';
  #level = 1;
  #chat = true;
  #isPreformatted = false;
  readonly #lists: { readonly isNumbered: boolean; readonly mark: string; count: number }[] = [];

  constructor(measure: (text: string) => void) {
    this.#measure = measure;
  }

  /** Whether the halves of an example are turns. */
  get hasChat(): boolean {
    return this.#chat;
  }

  /** Text of the file: white space is one space. */
  addText(text: string): void {
    this.#measure(text);
    this.#line += this.#isPreformatted ? text : text.replace(/\s+/g, ' ');
  }

  /** A value: its line breaks stay. */
  addValue(text: string): void {
    this.#measure(text);
    this.#line += text;
  }

  /** A paragraph as it is. */
  block(text: string): void {
    this.#measure(text);
    this.#endLine();
    this.#push(text.replace(/^\n+/, '').trimEnd());
  }

  addTurn(role: string, content: string): void {
    this.#measure(content);
    this.#endLine();
    this.#turns.push({ role, blocks: [content] }, { role: null, blocks: [] });
  }

  inTurn(role: string, write: () => void): void {
    this.#endLine();
    const level = this.#level;
    this.#level = 1;
    this.#turns.push({ role, blocks: [] });
    write();
    this.#endLine();
    this.#level = level;
    this.#turns.push({ role: null, blocks: [] });
  }

  inElement(element: WrittenElement, write: () => void): void {
    const { name } = element;
    const outer = { isPreformatted: this.#isPreformatted, chat: this.#chat };
    this.#chat = element.chat ?? this.#chat;
    this.#isPreformatted = this.#isPreformatted || element.isPreformatted;
    if (Object.hasOwn(inlineMarks, name) && !element.isBlock) this.#writeInline(inlineMarks[name] ?? '', write);
    else if (name === 'br' || name === 'newline') this.#line += '\n';
    else if (name === 'list') this.#writeList(element, write);
    else if (name === 'item' || name === 'listitem') this.#writeItem(write);
    else if (name === 'code') this.#writeCode(element, write);
    else this.#writeBlock(element, write);
    this.#isPreformatted = outer.isPreformatted;
    this.#chat = outer.chat;
  }

  /** A table of records: objects by their members, lists by their place, text as it is. */
  table(records: unknown): void {
    if (typeof records === 'string') this.block(records);
    if (!Array.isArray(records) || records.length === 0) return;
    const rows = (records as readonly unknown[]).map((record) =>
      typeof record === 'object' && record !== null ? record : [record],
    );
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const cells = rows.map((row) =>
      columns.map((column) => writeCell((row as Readonly<Record<string, unknown>>)[column])),
    );
    const isNamed = rows.some((row) => !Array.isArray(row));
    const [head, ...body] = isNamed ? [columns, ...cells] : cells;
    const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
    this.block([line(head ?? []), line(columns.map(() => '---')), ...body.map(line)].join('\n'));
  }

  /** The turns that say something. What nobody is named for is the user's, or the system's before other turns. */
  messages(): readonly Message[] {
    this.#endLine();
    const turns = this.#turns
      .map(({ role, blocks }) => ({ role, content: blocks.filter((block) => block.trim() !== '').join('\n\n') }))
      .filter(({ content }) => content !== '');
    return turns.map(({ role, content }, index) => ({
      role: role ?? (index === 0 && 1 < turns.length ? 'system' : 'user'),
      content,
    }));
  }

  #writeInline(mark: string, write: () => void): void {
    this.#line += mark;
    write();
    this.#line += mark;
  }

  #writeBlock({ name, caption, captionStyle }: WrittenElement, write: () => void): void {
    this.#endLine();
    const level = this.#level;
    const isHeader = name === 'h' || name === 'header';
    const lead = caption ?? (Object.hasOwn(leads, name) ? (leads[name] ?? null) : null);
    const heading = caption ?? (Object.hasOwn(headings, name) ? (headings[name] ?? null) : null);
    const isLead = Object.hasOwn(leads, name) && captionStyle !== 'header';
    if (captionStyle === 'hidden') write();
    else if (isHeader) {
      this.#line = `${'#'.repeat(this.#level)} `;
      write();
    } else if (lead !== null && (isLead || captionStyle === 'bold' || captionStyle === 'plain')) {
      this.#line = captionStyle === 'plain' ? `${lead}: ` : `**${lead}:** `;
      write();
    } else if (heading !== null) {
      this.#push(`${'#'.repeat(Math.min(6, this.#level))} ${heading}`);
      this.#level += 1;
      write();
    } else write();
    this.#endLine();
    if (name === 'qa' || name === 'question') this.#push('**Answer:**');
    this.#level = level;
  }

  #writeList({ listStyle }: WrittenElement, write: () => void): void {
    const isNested = this.#lists.length > 0;
    this.#endLine();
    const blocks = this.#blocks();
    const from = blocks.length;
    const mark = listStyle === 'star' ? '*' : listStyle === 'plus' ? '+' : '-';
    this.#lists.push({ isNumbered: listStyle === 'decimal' || listStyle === 'latin', mark, count: 0 });
    write();
    this.#endLine();
    this.#lists.pop();
    // Items are lines of one paragraph.
    const items = blocks.splice(from);
    if (items.length === 0) return;
    const list = items.join('\n');
    if (isNested && blocks.length > 0) blocks.push(list);
    else this.#push(list);
  }

  #writeItem(write: () => void): void {
    this.#endLine();
    const list = this.#lists.at(-1);
    if (list !== undefined) list.count += 1;
    const blocks = this.#blocks();
    const from = blocks.length;
    write();
    this.#endLine();
    const content = blocks.splice(from).join('\n');
    const mark = list?.isNumbered === true ? `${list.count}. ` : `${list?.mark ?? '-'} `;
    blocks.push(mark + content.replace(/\n(?=.)/g, `\n${' '.repeat(mark.length)}`));
  }

  #writeCode({ language }: WrittenElement, write: () => void): void {
    this.#endLine();
    const blocks = this.#blocks();
    const from = blocks.length;
    write();
    this.#endLine();
    const code = blocks.splice(from).join('\n').replace(/^\n+/, '').trimEnd();
    this.#push(`\`\`\`${language ?? ''}\n${code}\n\`\`\``);
  }

  #blocks(): string[] {
    return this.#turns.at(-1)?.blocks ?? [];
  }

  #push(text: string): void {
    if (text !== '') this.#blocks().push(text);
  }

  #endLine(): void {
    const line = this.#isPreformatted ? this.#line.replace(/^\n+|\s+$/g, '') : this.#line.trim();
    this.#line = '';
    if (line !== '' && line.trim() !== '') this.#push(line);
  }
}

function writeCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}
