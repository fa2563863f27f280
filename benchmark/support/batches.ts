/** Texts sorted by length, longest first, and cut into batches, as one does for a peer that pads. */
export function sortedBatches(
  texts: readonly (readonly number[])[],
  size: number,
): { readonly batches: (readonly number[])[][]; readonly order: readonly number[] } {
  const order = texts.map((_, index) => index).sort((a, b) => (texts[b]?.length ?? 0) - (texts[a]?.length ?? 0));
  const batches: (readonly number[])[][] = [];
  for (let start = 0; start < order.length; start += size) {
    batches.push(order.slice(start, start + size).map((index) => texts[index] ?? []));
  }
  return { batches, order };
}
