import type { Message } from '../promptFile/message';
import type { Span } from '../promptFile/locateJson';

/** A line such as `user:` or `# system:` or `assistant[name="Ann"]:`. */
export interface RoleMarker {
  /** Null: the template writes it, as `{{ item.role }}:`. */
  readonly role: string | null;
  /** The line, without its line break. */
  readonly line: Span;
  /** Offset of its colon. */
  readonly colon: number;
}

const roles = 'system|developer|user|assistant';
const markerLine = new RegExp(
  `^[ \\t]*(?:#[ \\t]*)?(?:(${roles})[ \\t]*(?:\\[[^\\]\\n]*\\])?|\\{\\{[^{}\\n]*\\}\\})[ \\t]*(:)[ \\t]*\\r?$`,
  'gimd',
);

/** The lines of a template where another's turn begins. */
function findRoleMarkers(text: string): readonly RoleMarker[] {
  return [...text.matchAll(markerLine)].map((match) => ({
    role: match[1]?.toLowerCase() ?? null,
    line: { start: match.index, end: match.index + match[0].replace(/\r$/, '').length },
    colon: match.indices?.[2]?.[0] ?? match.index,
  }));
}

/** A part of a conversation's text. */
export interface RolePart {
  readonly role: string;
  /** Without the blank lines around it. */
  readonly span: Span;
}

/** Cuts a template at its markers; what comes before the first is the system's. Blank parts are left out. */
export function splitAtRoleMarkers(text: string): readonly RolePart[] {
  const markers = findRoleMarkers(text).filter(({ role }) => role !== null);
  const starts = [{ role: 'system', start: 0 }, ...markers.map(({ role, line }) => ({ role, start: line.end }))];
  return starts.flatMap(({ role, start }, index) => {
    const span = trimLines(text, { start, end: markers[index]?.line.start ?? text.length });
    return span.start < span.end ? [{ role: role ?? '', span }] : [];
  });
}

/** Without blank lines at its beginning and white space at its end. */
export function trimLines(text: string, { start, end }: Span): Span {
  let first = start;
  for (let index = start; index < end && isSpace(text[index]); index += 1) if (text[index] === '\n') first = index + 1;
  let last = end;
  while (first < last && isSpace(text[last - 1])) last -= 1;
  return { start: Math.min(first, last), end: last };
}

function isSpace(unit: string | undefined): boolean {
  return unit === ' ' || unit === '\n' || unit === '\t' || unit === '\r';
}

/**
 * The same text, as long, with `mark` instead of the colons of its markers: after the template has run, a line of a
 * value that looks like a marker is none.
 */
export function markRoles(text: string, mark: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const { colon } of findRoleMarkers(text)) {
    parts.push(text.slice(at, colon), mark);
    at = colon + 1;
  }
  return [...parts, text.slice(at)].join('');
}

/** Messages that stand for a place in a rendered text, by the name of the place. */
export type InsertedMessages = ReadonlyMap<string, readonly Message[]>;

/** How a turn, or messages from elsewhere, begin within a rendered text. */
export function turnMark(mark: string, role: string): string {
  return `${mark}role ${role}${mark}`;
}

export function insertionMark(mark: string, name: string): string {
  return `${mark}messages ${name}${mark}`;
}

/** Makes turn marks of the lines that `markRoles` has marked, where what they say is a role. */
export function readMarkedLines(text: string, mark: string): string {
  const known = new RegExp(`^#?[ \\t]*(${roles})[ \\t]*(?:\\[.*\\])?$`, 'i');
  const lines = text.split('\n').map((line) => {
    const at = line.indexOf(mark);
    // Two are around messages from elsewhere.
    if (at < 0 || line.includes(mark, at + 1)) return line;
    const role = line.slice(at + 1).trim() === '' ? known.exec(line.slice(0, at).trim())?.[1] : undefined;
    return role === undefined ? line.replace(mark, ':') : turnMark(mark, role.toLowerCase());
  });
  return lines.join('\n');
}

export interface MarkedText {
  readonly text: string;
  readonly mark: string;
  /** Whose turn it is before any mark. */
  readonly firstRole: string;
  readonly inserted: InsertedMessages;
}

/** The messages of a rendered text with marks; turns without text are left out. */
export function readMarkedText({ text, mark, firstRole, inserted }: MarkedText): readonly Message[] {
  const messages: Message[] = [];
  let role = firstRole;
  for (const [index, piece] of text.split(mark).entries()) {
    // Marks come in pairs: every second piece is what they say.
    if (index % 2 === 0) {
      const span = trimLines(piece, { start: 0, end: piece.length });
      if (span.start < span.end) messages.push({ role, content: piece.slice(span.start, span.end) });
      continue;
    }
    const [kind, name = ''] = piece.split(' ');
    if (kind === 'role') role = name;
    else messages.push(...(inserted.get(name) ?? []));
  }
  return messages;
}

/** A character for private use that occurs in none of the texts. */
export function chooseMark(...texts: readonly string[]): string {
  for (let code = 0xe000; code < 0xf8ff; code += 1) {
    const mark = String.fromCharCode(code);
    if (!texts.some((text) => text.includes(mark))) return mark;
  }
  return '\uf8ff';
}
