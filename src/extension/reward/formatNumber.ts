const minus = '\u2212';

/** Four significant digits at most, with a real minus sign. Display only: JSON and pages keep the raw number. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) < 0.00005 ? '0' : Math.abs(value) < 1000 ? value.toFixed(4) : value.toPrecision(6);
  return digits.replace('-', minus);
}

/** As `formatNumber`, with the sign of positive numbers too. */
export function formatSigned(value: number): string {
  const text = formatNumber(value);
  return 0 < value && text !== '0' ? `+${text}` : text;
}
