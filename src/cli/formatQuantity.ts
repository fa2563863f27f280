const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Three digits with a decimal unit: "98.4 MB". */
export function formatBytes(bytes: number): string {
  return scale(bytes, byteUnits);
}

/** Three digits: "135M", "8.03B". */
export function formatCount(count: number): string {
  return scale(count, ['', 'K', 'M', 'B', 'T']).replace(' ', '');
}

function scale(value: number, units: readonly string[]): string {
  let scaled = value;
  let unit = 0;
  // 999.5 would be written as 1000.
  while (999.5 <= scaled && unit + 1 < units.length) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || 99.95 <= scaled ? 0 : 9.995 <= scaled ? 1 : 2;
  return `${scaled.toFixed(digits)} ${units[unit] ?? ''}`.trim();
}
