/**
 * Levels of nesting that the YAML library is given. It goes down by recursion, and where its stack ends inside a regular
 * expression, V8 ends the process instead of throwing. About 800 levels fit.
 */
const mostLevels = 400;

/**
 * Whether a text may be nested so deeply that it must not be parsed; in linear time, and with no more than a look at
 * indentation, indicators and brackets, so that a text of very many unmatched brackets counts as nested too.
 */
export function isYamlNestedTooDeeply(text: string): boolean {
  let brackets = 0;
  let mostBrackets = 0;
  /** Lines that may hold the current one: their indentation, and the levels up to and with them. */
  const holders: { readonly indent: number; readonly levels: number }[] = [];
  let mostOfLines = 0;
  for (let start = 0; start < text.length;) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak < 0 ? text.length : lineBreak;
    const line = readLine(text, start, end);
    for (const change of line.brackets) {
      brackets = Math.max(0, brackets + change);
      mostBrackets = Math.max(mostBrackets, brackets);
    }
    if (!line.isBlank) {
      while (0 < holders.length && line.indent <= holders[holders.length - 1].indent) holders.pop();
      const levels = (holders.at(-1)?.levels ?? 0) + 1 + line.indicators;
      holders.push({ indent: line.indent, levels });
      mostOfLines = Math.max(mostOfLines, levels);
    }
    if (mostLevels < mostOfLines + mostBrackets) return true;
    start = end + 1;
  }
  return false;
}

interface Line {
  readonly isBlank: boolean;
  readonly indent: number;
  /** Dashes, question marks and colons before white space: each may begin a level. */
  readonly indicators: number;
  /** 1 for each opening bracket, -1 for each closing one, in their order. */
  readonly brackets: readonly number[];
}

function readLine(text: string, start: number, end: number): Line {
  let indent = 0;
  while (start + indent < end && text[start + indent] === ' ') indent += 1;
  const brackets: number[] = [];
  let indicators = 0;
  for (let at = start + indent; at < end; at += 1) {
    const character = text[at];
    if (character === '[' || character === '{') brackets.push(1);
    else if (character === ']' || character === '}') brackets.push(-1);
    else if (character === ':' || character === '-' || character === '?') {
      const next = at + 1 < end ? text[at + 1] : '\n';
      if (next === ' ' || next === '\t' || next === '\n' || next === '\r') indicators += 1;
    }
  }
  return { isBlank: start + indent === end, indent, indicators, brackets };
}
