/**
 * Whether a path matches a shell pattern: `*` any characters, `?` one, `[ab]` one of some, as the hub's own tools match
 * (Python's fnmatch: `*` crosses `/`), but whatever the case. A pattern without `/` may also match the name alone.
 */
export function matchesPattern(path: string, pattern: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    matchesWhole(path.toLowerCase(), pattern.toLowerCase()) || matchesWhole(name.toLowerCase(), pattern.toLowerCase())
  );
}

/** Without regular expressions, whose backtracking a pattern with many stars would provoke. */
function matchesWhole(text: string, pattern: string): boolean {
  let [at, from] = [0, 0];
  /** Where to go back to: after the last star, and one character further in the text each time. */
  let [starAt, starFrom] = [-1, 0];
  while (from < text.length) {
    const length = matchOne(text[from], pattern, at);
    if (pattern[at] === '*') {
      at += 1;
      [starAt, starFrom] = [at, from];
    } else if (0 < length) {
      at += length;
      from += 1;
    } else if (0 <= starAt) {
      starFrom += 1;
      [at, from] = [starAt, starFrom];
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** How many characters of the pattern, from `at` on, stand for this one; 0: none. */
function matchOne(character: string, pattern: string, at: number): number {
  if (at === pattern.length) return 0;
  if (pattern[at] === '?') return 1;
  const set = pattern[at] === '[' ? /^\[(!?)(\]?[^\]]*)\]/.exec(pattern.slice(at)) : null;
  if (set === null) return pattern[at] === character ? 1 : 0;
  const [whole, not, members] = set;
  return isMember(character, members) === (not === '') ? whole.length : 0;
}

function isMember(character: string, members: string): boolean {
  for (let index = 0; index < members.length; index += 1) {
    if (members[index + 1] === '-' && index + 2 < members.length) {
      if (members[index] <= character && character <= members[index + 2]) return true;
      index += 2;
    } else if (members[index] === character) {
      return true;
    }
  }
  return false;
}
