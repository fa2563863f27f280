/** A ratio as YAML has it: in full, and without an exponent, which mergekit's YAML reads as a text. */
export function ratioText(ratio: number): string {
  const text = String(ratio);
  return text.includes('e') ? ratio.toFixed(20).replace(/\.?0+$/, '') : text;
}

/** What remains of 1, with as many decimal places: 0.3 of 0.7, where a subtraction gives 0.30000000000000004. */
export function remainderOf(ratio: number): number {
  const places = ratioText(ratio).split('.')[1]?.length ?? 0;
  return Number((1 - ratio).toFixed(Math.min(places, 20)));
}
