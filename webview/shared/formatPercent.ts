/** A share as a percentage with one digit; whole only when it is exactly none or all. */
export function formatPercent(share: number): string {
  if (share === 0 || share === 1) return `${100 * share} %`;
  const rounded = (100 * share).toFixed(1);
  if (rounded === '100.0') return '> 99.9 %';
  return rounded === '0.0' ? '< 0.1 %' : `${rounded} %`;
}
