/** A share with two decimals, or up to four where it has them. */
export function formatRatio(ratio: number): string {
  const text = String(Number(ratio.toFixed(4)));
  const [whole, decimals = ''] = text.split('.');
  return `${whole}.${decimals.padEnd(2, '0')}`.replace('-', '−');
}
