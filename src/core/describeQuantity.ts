/** "1 row", "3 rows". */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** "45 s", "3 min 20 s", "2 h 5 min". */
export function describeDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** "4.52 GB", in decimal units, as disks and model cards have them. */
export function describeBytes(bytes: number): string {
  return scaled(bytes, ['bytes', 'kB', 'MB', 'GB', 'TB']);
}

/** "135 M", "8.03 B": as people speak of parameters. */
export function describeCount(count: number): string {
  return scaled(count, ['', 'k', 'M', 'B', 'T']);
}

/** Three digits and a unit. */
function scaled(value: number, units: readonly string[]): string {
  let [rest, unit] = [value, 0];
  // 999.5 would be written as 1000.
  while (999.5 <= rest && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || 99.95 <= rest ? 0 : 9.995 <= rest ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[unit] ?? ''}`.trim();
}
