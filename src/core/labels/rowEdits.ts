import type { JsonMember, Span } from '../promptFile/locateJson';
import { listMembers, skipSpace } from '../promptFile/locateJson';

/** Puts `text` in the place of a span. Edits of one list do not overlap and are in the order of the text. */
export interface TextEdit {
  readonly span: Span;
  readonly text: string;
}

/** The member that says that somebody has looked at a row and found it right. */
const reviewedKey = 'reviewed';

/** How the two sides of a pair are called in keys; the longer name first where one holds the other. */
const sides: readonly (readonly [chosen: string, rejected: string])[] = [
  ['chosen', 'rejected'],
  ['preferred', 'non_preferred'],
];

/**
 * Swaps the replies of a pair, and with them everything that a row says of one and of the other: `chosen_model` and
 * `rejected_model`, `score_chosen` and `score_rejected`, whatever has both spellings. Only values change their places; all
 * else stays byte for byte.
 * @param source a row's JSON, known to be valid.
 * @returns null where it has no two sides.
 */
export function swapLabels(source: string): readonly TextEdit[] | null {
  const members = new Map(listMembers(source, 0).map((member) => [member.key, member.value]));
  const edits: TextEdit[] = [];
  for (const [key, value] of members) {
    const other = members.get(counterpartOf(key) ?? '');
    if (other === undefined) continue;
    edits.push({ span: value, text: source.slice(other.start, other.end) });
    edits.push({ span: other, text: source.slice(value.start, value.end) });
  }
  return edits.length === 0 ? null : edits.sort((a, b) => a.span.start - b.span.start);
}

/** The key of the rejected side for one of the chosen side; null for all others. */
function counterpartOf(key: string): string | null {
  if (key.startsWith('non_')) return null;
  for (const [chosen, rejected] of sides) {
    if (key.includes(chosen)) return key.replace(chosen, rejected);
  }
  return null;
}

/** Adds `"reviewed": true` at the end of a row, spaced as its other members are. @param source valid JSON of an object. */
export function markReviewed(source: string): readonly TextEdit[] {
  const members = listMembers(source, 0);
  const known = members.findLast(({ key }) => key === reviewedKey);
  if (known !== undefined) return [{ span: known.value, text: 'true' }];
  const last = members.at(-1);
  const open = skipSpace(source, 0) + 1;
  if (last === undefined) return [{ span: { start: open, end: open }, text: `"${reviewedKey}": true` }];
  const before = members.at(-2);
  const comma = before === undefined ? `,${spaceBefore(source, open, last)}` : gap(source, before, last);
  const colon = source.slice(last.name.end, last.value.start);
  const end = last.value.end;
  return [{ span: { start: end, end }, text: `${comma}"${reviewedKey}"${colon}true` }];
}

/** Somebody has looked at the row: nothing is said about its label. @param source valid JSON of an object. */
export function isReviewed(source: string): boolean {
  if (!source.includes(`"${reviewedKey}"`)) return false;
  const value = listMembers(source, 0).findLast(({ key }) => key === reviewedKey)?.value;
  return value !== undefined && source.slice(value.start, value.end) === 'true';
}

/**
 * Where elements of a JSON list have to be cut out so that the rest is the list without them, commas included.
 * @param elements all of them, in their order.
 */
export function cutElements(elements: readonly Span[], isCut: (index: number) => boolean): readonly Span[] {
  const cuts: Span[] = [];
  for (let first = 0; first < elements.length; first += 1) {
    if (!isCut(first)) continue;
    let next = first + 1;
    while (next < elements.length && isCut(next)) next += 1;
    const [before, after] = [elements[first - 1], elements[next]];
    if (after !== undefined) cuts.push({ start: elements[first].start, end: after.start });
    else if (before !== undefined) cuts.push({ start: before.end, end: elements[next - 1].end });
    else cuts.push({ start: elements[first].start, end: elements[next - 1].end });
    first = next;
  }
  return cuts;
}

/** What stands between two members: a comma with its white space. */
function gap(source: string, before: JsonMember, after: JsonMember): string {
  return source.slice(before.value.end, after.name.start);
}

/** White space before the only member: that of a row on one line is none, after a comma it would be a space. */
function spaceBefore(source: string, open: number, member: JsonMember): string {
  const space = source.slice(open, member.name.start);
  if (space.includes('\n')) return space;
  const isSpaced = /\s$/.test(source.slice(member.name.end, member.value.start));
  return isSpaced ? ' ' : '';
}
