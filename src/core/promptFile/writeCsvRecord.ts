/** A line of CSV as RFC 4180 has it, but for the bare line feed; null is an empty cell, numbers read back to the same value. */
export function writeCsvRecord(cells: readonly (string | number | boolean | null)[]): string {
  return `${cells.map(writeCell).join(',')}\n`;
}

function writeCell(cell: string | number | boolean | null): string {
  if (cell === null) return '';
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
