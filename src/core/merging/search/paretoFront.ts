/** A measured point; more reward is better, less surprise (`nll`) is better. null: not measured. */
export interface PlanePoint {
  readonly reward: number | null;
  readonly nll: number | null;
}

/**
 * Which points no other one beats: at least as good in both, and better in one. Of equal points all are on the front.
 * A point without a figure is compared by the other one, and never counts where others have both.
 */
export function onFront(points: readonly PlanePoint[]): readonly boolean[] {
  return points.map((point) => {
    const own = valuesOf(point);
    return own.some(Number.isFinite) && !points.some((other) => beats(valuesOf(other), own));
  });
}

/**
 * The point of the front that is nearest to the best of both figures, each divided by its range on the front: the index
 * of the first such point; null when there is none.
 */
export function bestCompromise(points: readonly PlanePoint[]): number | null {
  const front = onFront(points);
  const values = points.map(valuesOf);
  const ranges = [0, 1].map((figure) => {
    const found = values
      .map((value) => value[figure] ?? -Infinity)
      .filter((value, index) => front[index] && value > -Infinity);
    return { best: Math.max(...found), worst: Math.min(...found) };
  });
  let [best, least]: [number | null, number] = [null, Infinity];
  values.forEach((value, index) => {
    if (front[index] !== true) return;
    const distance = ranges.reduce((sum, range, figure) => {
      const width = range.best - range.worst;
      return sum + (0 < width ? ((range.best - (value[figure] ?? -Infinity)) / width) ** 2 : 0);
    }, 0);
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}

/** Both as something of which more is better. */
function valuesOf({ reward, nll }: PlanePoint): readonly number[] {
  return [reward ?? -Infinity, nll === null ? -Infinity : -nll];
}

function beats(one: readonly number[], other: readonly number[]): boolean {
  const isAsGood = one.every((value, figure) => (other[figure] ?? -Infinity) <= value);
  return isAsGood && one.some((value, figure) => (other[figure] ?? -Infinity) < value);
}
