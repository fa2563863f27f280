import type { TemplateTag } from '../tokenizer/findTags';
import type { TemplateUse } from './template';

/** Words that are no variables, and functions that every template has. */
const ownNames: ReadonlySet<string> = new Set(
  (
    'and or not in is if elif else endif for endfor set endset macro endmacro call endcall filter endfilter recursive ' +
    'true false none True False None null undefined range namespace dict cycler joiner lipsum raise_exception ' +
    'break continue do with endwith without context ignore missing as import from include extends block endblock raw endraw'
  ).split(' '),
);

interface Scope {
  readonly keyword: string;
  readonly names: string[];
}

interface Word {
  readonly text: string;
  readonly start: number;
}

/**
 * The names that a template reads from outside, in their order: not what it sets itself, nor filters, tests, attributes
 * and names of arguments. Works on templates that cannot be parsed too.
 */
export function findJinjaUses(text: string, tags: readonly TemplateTag[]): readonly TemplateUse[] {
  const uses: TemplateUse[] = [];
  const scopes: Scope[] = [];
  /** How many scopes have a name. */
  const bound = new Map<string, number>();
  const optional = new Set<string>();

  const isOwn = (name: string): boolean => ownNames.has(name) || 0 < (bound.get(name) ?? 0);
  const bind = (names: Iterable<string>): void => {
    for (const name of names) {
      scopes.at(-1)?.names.push(name);
      bound.set(name, (bound.get(name) ?? 0) + 1);
    }
  };
  const open = (keyword: string, names: Iterable<string>): void => {
    scopes.push({ keyword, names: [] });
    bind(names);
  };
  const close = (keyword: string): void => {
    const at = scopes.findLastIndex((scope) => scope.keyword === keyword);
    if (at < 0) return;
    for (const { names } of scopes.splice(at)) {
      for (const name of names) bound.set(name, (bound.get(name) ?? 0) - 1);
    }
  };
  const read = (words: readonly Word[], from: number, isCondition: boolean): void => {
    const condition = isCondition ? -1 : words.findIndex((word) => word.text === 'if');
    for (let index = from; index < words.length; index += 1) {
      const word = words[index];
      if (word === undefined || !isVariable(words, index) || isOwn(word.text)) continue;
      // `x if x else …` tests it as well.
      const isTested = isCondition || (0 <= condition && condition < index) || isFollowedByTest(words, index);
      if (isTested) optional.add(word.text);
      uses.push({
        name: word.text,
        span: { start: word.start, end: word.start + word.text.length },
        isOptional: false,
      });
    }
  };

  for (const tag of tags) {
    if (text[tag.offset + 1] === '#') continue;
    const words = splitWords(text, tag.offset + 2, tag.end);
    if (tag.keyword === null) {
      read(words, 0, false);
      continue;
    }
    switch (tag.keyword) {
      case 'for': {
        const at = words.findIndex((word) => word.text === 'in');
        const names = words.slice(1, at).filter(isName);
        // A filter after the list sees the loop's names: `for x in xs if x.y`.
        const own = new Set([...names.map((word) => word.text), 'loop']);
        const filter = words.findIndex((word, index) => at < index && word.text === 'if');
        read(words.slice(0, filter < 0 ? undefined : filter), at + 1, false);
        open('for', own);
        if (0 <= filter) read(words, filter + 1, false);
        break;
      }
      case 'set': {
        const at = words.findIndex((word) => word.text === '=');
        if (0 <= at) read(words, at + 1, false);
        const targets = (at < 0 ? words.slice(1, 2) : words.slice(1, at)).filter(isName).map((word) => word.text);
        bind(targets);
        if (at < 0) open('set', []);
        break;
      }
      case 'macro': {
        bind(words.slice(1, 2).map((word) => word.text));
        const names = words.slice(2).filter((word, index, rest) => isName(word) && rest[index - 1]?.text !== '=');
        const own = ['caller', 'varargs', 'kwargs', ...names.map((word) => word.text)];
        open('macro', own);
        break;
      }
      case 'call':
        read(words, 1, false);
        open('call', []);
        break;
      case 'filter':
        break;
      case 'if':
      case 'elif':
      case 'elseif':
        read(words, 1, true);
        break;
      default:
        if (/^end(for|set|macro|call)$/.test(tag.keyword)) close(tag.keyword.slice(3));
        else if (!tag.keyword.startsWith('end')) read(words, 1, false);
    }
  }
  return uses.map((use) => (optional.has(use.name) ? { ...use, isOptional: true } : use));
}

/** Names, numbers, strings (as `"`) and signs. */
function splitWords(text: string, start: number, end: number): readonly Word[] {
  const words: Word[] = [];
  const pattern = /[\p{L}_$][\p{L}\p{N}_$]*|\d[\d.]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|==|!=|<=|>=|\S/gsu;
  pattern.lastIndex = start;
  for (let match = pattern.exec(text); match !== null && match.index < end; match = pattern.exec(text)) {
    const isString = match[0].startsWith('"') || match[0].startsWith("'");
    const isEnd = end - 2 <= match.index;
    if (!isEnd) words.push({ text: isString ? '"' : match[0], start: match.index });
  }
  // `{%-` and `-%}`.
  if (words[0]?.text === '-') words.shift();
  if (words.at(-1)?.text === '-') words.pop();
  return words;
}

function isName(word: Word): boolean {
  return /^[\p{L}_$]/u.test(word.text) && word.text !== 'in' && word.text !== 'recursive';
}

function isVariable(words: readonly Word[], index: number): boolean {
  const word = words[index];
  if (word === undefined || !isName(word)) return false;
  const before = words[index - 1]?.text;
  const after = words[index + 1]?.text;
  if (before === '.' || before === '|' || before === 'is') return false;
  if (before === 'not' && words[index - 2]?.text === 'is') return false;
  // An argument's name; a key of an object that Nunjucks takes without quotation marks.
  return after !== '=' && !(after === ':' && (before === '{' || before === ','));
}

/** `x | default("…")`, `x is defined`, `x or "…"`. */
function isFollowedByTest(words: readonly Word[], index: number): boolean {
  const [after, next] = [words[index + 1]?.text, words[index + 2]?.text];
  return (after === '|' && (next === 'default' || next === 'd')) || after === 'is' || after === 'or';
}
