export interface TextPart {
  readonly kind: 'text' | 'special' | 'control';
  /** As shown: control characters by their code point. */
  readonly text: string;
}

/** Characters that act on the text without being seen: direction marks and overrides, zero widths, C0 and C1 controls. */
const controlCharacters =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;

/** A text made of tokens alone must not become a page of elements; what is beyond stays plain. */
const mostParts = 4000;

/** Cuts a templated text into plain parts, special tokens, and control characters made visible. */
export function splitTemplatedText(text: string, specialTokens: readonly string[]): readonly TextPart[] {
  const special = [...specialTokens]
    .filter((token) => token !== '')
    .sort((a, b) => b.length - a.length)
    .map(escapeRegExp)
    .join('|');
  const pattern = new RegExp([special, controlCharacters.source].filter((part) => part !== '').join('|'), 'gu');
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (mostParts <= parts.length) break;
    if (end < match.index) parts.push({ kind: 'text', text: text.slice(end, match.index) });
    const [found] = match;
    const isControl = found.length === 1 && controlCharacters.test(found);
    parts.push(isControl ? { kind: 'control', text: codePoint(found) } : { kind: 'special', text: found });
    end = match.index + found.length;
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) });
  return parts;
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
