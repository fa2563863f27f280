const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** Three digits with a decimal unit: "98.4 MB". */
export function formatBytes(bytes: number): string {
  return scale(bytes, byteUnits);
}

/** Three digits: "135M", "8.03B". */
export function formatCount(count: number): string {
  return scale(count, ['', 'K', 'M', 'B', 'T']).replace(' ', '');
}

/** "1 row", "3 rows". */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** "45 s", "3 min 20 s", "2 h 5 min". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
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
