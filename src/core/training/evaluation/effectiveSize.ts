/**
 * How many independent rows tell as much as these: n over the design effect, which is the variance of the mean when whole
 * groups are drawn by that when rows are. Never above n: an advantage of grouping is not claimed.
 * Source: L. Kish, Survey Sampling (1965), section 8.2, with the variance between groups in linearised form.
 * @param influences [rows]: how far each row moves the estimate; for a mean, its value.
 * @param groups [rows]
 */
export function effectiveSize(influences: ArrayLike<number>, groups: readonly string[]): number {
  const n = influences.length;
  const sums = new Map<string, number>();
  let centre = 0;
  for (let row = 0; row < n; row += 1) centre += influences[row] / n;
  let single = 0;
  for (let row = 0; row < n; row += 1) {
    const value = influences[row] - centre;
    single += value * value;
    sums.set(groups[row], (sums.get(groups[row]) ?? 0) + value);
  }
  const count = sums.size;
  if (count === n) return n;
  // Without any spread nothing is known about the groups but how many there are.
  if (count < 2 || single === 0) return count;
  const grouped = [...sums.values()].reduce((sum, value) => sum + value * value, 0);
  const effect = (grouped * count * (n - 1)) / (single * (count - 1) * n);
  return Math.max(1, n / Math.max(1, effect));
}
