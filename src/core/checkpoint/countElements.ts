/** Product of the dimensions; null when it is above 2^53 − 1. */
export function countElements(shape: readonly number[]): number | null {
  if (shape.includes(0)) return 0;
  let count = 1;
  for (const dimension of shape) {
    count *= dimension;
    if (Number.MAX_SAFE_INTEGER < count) return null;
  }
  return count;
}
