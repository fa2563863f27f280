/** Two-sided 95 %: the quantile of the normal distribution. */
const z = 1.959963984540054;

/**
 * The 95 % interval of a proportion by Wilson's score method, which stays within 0 and 1 and is sound for few trials:
 * (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 * @returns null without trials.
 */
export function proportionInterval(
  successes: number,
  trials: number,
): { readonly low: number; readonly high: number } | null {
  if (trials === 0) return null;
  const share = successes / trials;
  const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const centre = share + (z * z) / (2 * trials);
  const scale = 1 + (z * z) / trials;
  // At the ends the formula gives exactly 0 and 1, but for rounding.
  const low = successes === 0 ? 0 : (centre - spread) / scale;
  const high = successes === trials ? 1 : (centre + spread) / scale;
  return { low, high };
}
