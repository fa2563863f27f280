/** A table as Prettier lays it out: columns as wide as their longest cell, `|` in cells escaped. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [titles, ...rows].map((row) => row.map(escapeCell));
  const widths = titles.map((_, column) => Math.max(3, ...cells.map((row) => widthOf(row[column]))));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell + ' '.repeat(widths[column] - widthOf(cell))).join(' | ')} |`;
  return [line(cells[0]), line(widths.map((width) => '-'.repeat(width))), ...cells.slice(1).map(line)].join('\n');
}

function escapeCell(text: string): string {
  return text.replace(/\s+/g, ' ').trim().replaceAll('|', '\\|');
}

/** Characters, not units of UTF-16. */
function widthOf(text: string): number {
  return [...text].length;
}
