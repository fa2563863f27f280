/**
 * The paper's form of the ratios (appendix D.5, in the mean form that its code has): `mean · K · a_k / Σa`, whose mean
 * is `mean`. Ratios above 1, which the paper does not exclude, are held at 1 here, and the others scaled up, so that the
 * mean is kept.
 * @param parts at least 0, not all 0
 * @param mean from 0 to 1
 */
export function ratiosOfParts(parts: readonly number[], mean: number): readonly number[] {
  const total = mean * parts.length;
  const held = new Set<number>();
  for (;;) {
    let free = 0;
    parts.forEach((part, index) => (free += held.has(index) ? 0 : part));
    const scale = (total - held.size) / free;
    const above = parts.findIndex((part, index) => !held.has(index) && 1 < part * scale);
    if (above === -1) return parts.map((part, index) => (held.has(index) ? 1 : free === 0 ? 0 : part * scale));
    // All that exceed 1 at this scale exceed it at every later one, which is larger.
    parts.forEach((part, index) => {
      if (1 < part * scale) held.add(index);
    });
  }
}

/**
 * The nearest values from 0 to 1 with this mean (Euclidean projection: one shift for all, then clamped).
 * @param mean from 0 to 1
 */
export function projectToMean(values: readonly number[], mean: number): readonly number[] {
  if (values.length === 0) return values;
  const total = mean * values.length;
  const shifted = (shift: number): readonly number[] => values.map((value) => Math.min(1, Math.max(0, value + shift)));
  let [low, high] = [-Math.max(...values), 1 - Math.min(...values)];
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (sum(shifted(middle)) < total) low = middle;
    else high = middle;
  }
  const result = [...shifted((low + high) / 2)];
  // What bisection leaves goes to those that can take it, so that the mean is met to the last place.
  const free = result.findIndex((value) => 0 < value && value < 1);
  if (free !== -1) {
    const rest = total - (sum(result) - (result[free] ?? 0));
    result[free] = Math.min(1, Math.max(0, rest));
  }
  return result;
}

/**
 * Sets one ratio and moves the others alike, so that the mean stays as it was; where they reach 0 or 1, the one that was
 * set goes only as far as the mean allows.
 */
export function setHoldingMean(ratios: readonly number[], index: number, ratio: number): readonly number[] {
  const total = sum(ratios);
  const others = ratios.length - 1;
  if (others <= 0) return ratios;
  const set = Math.min(1, total, Math.max(0, total - others, ratio));
  const rest = projectToMean(
    ratios.filter((_, other) => other !== index),
    Math.min(1, Math.max(0, (total - set) / others)),
  );
  return [...rest.slice(0, index), set, ...rest.slice(index)];
}

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? NaN : sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
