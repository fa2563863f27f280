import { setHoldingMean } from '../../src/core/merging/hma/heldMean';

/** Decimals of what is written into a recipe. */
const decimals = 6;

/** Sets one of the ratios, from 0 to 1; with `holdsMean` the others move so that the mean stays, else they stay. */
export function moveRatio({
  from,
  index,
  value,
  holdsMean,
}: {
  readonly from: readonly number[];
  readonly index: number;
  readonly value: number;
  readonly holdsMean: boolean;
}): readonly number[] {
  const wanted = rounded(Math.max(0, Math.min(1, value)));
  if (!holdsMean || from.length < 2) return from.map((ratio, place) => (place === index ? wanted : ratio));
  const ratios = setHoldingMean(from, index, wanted).map(rounded);
  // What rounding left goes to the first of the others that can take it.
  const rest = rounded(sum(from) - sum(ratios));
  const taker = ratios.findIndex((ratio, place) => place !== index && 0 <= ratio + rest && ratio + rest <= 1);
  return ratios.map((ratio, place) => (place === taker ? rounded(ratio + rest) : ratio));
}

function rounded(value: number): number {
  return Number(value.toFixed(decimals));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
