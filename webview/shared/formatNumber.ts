/** A number for reading at a glance, to four decimals; the exact value belongs into a tooltip or a table. */
export function formatNumber(value: number, { signed = false }: { readonly signed?: boolean } = {}): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 ? '−' : signed && 0 < value ? '+' : '';
  return sign + formatMagnitude(Math.abs(value));
}

function formatMagnitude(magnitude: number): string {
  if (magnitude === Infinity) return '∞';
  if (magnitude === 0) return '0';
  if (magnitude < 0.0005) return magnitude.toExponential(1).replace('-', '−');
  if (magnitude < 100) return magnitude.toFixed(4);
  if (magnitude < 1e6) return magnitude.toFixed(2);
  return magnitude.toExponential(3).replace('e+', 'e');
}
