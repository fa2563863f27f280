/** Decimal units, as disks and model cards have them. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** 134.5 M, 8.03 B: as people speak of parameters. */
export function formatCount(count: number): string {
  return scaled(count, ['', 'k', 'M', 'B', 'T']).trim();
}

function scaled(value: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (1000 <= rest && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const digits = unit === 0 ? String(rest) : rest.toPrecision(3);
  return `${digits} ${units[unit] ?? ''}`;
}
