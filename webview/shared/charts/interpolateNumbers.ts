/**
 * Stands in for `d3-interpolate` when a page is built (`alias` in esbuild.js): our scales run over numbers alone, and
 * the package's interpolation of colours, dates and transforms would be 16 kB of every page.
 */
export function interpolateNumber(from: number, to: number): (share: number) => number {
  return (share) => from * (1 - share) + to * share;
}

export function interpolateRound(from: number, to: number): (share: number) => number {
  return (share) => Math.round(from * (1 - share) + to * share);
}

export const interpolate = interpolateNumber;

/** Only for d3's diverging colour scales, which no page uses. */
export function piecewise(): never {
  throw new Error('piecewise scales are not part of the pages');
}
