export interface TokenProbability {
  readonly id: number;
  /** Natural logarithm. */
  readonly logProbability: number;
}

/** ln softmax(logits [vocab]) at one id, and at the `count` most likely ids, the most likely first. */
export function tokenProbabilities(
  logits: Float32Array,
  { id, count }: { readonly id: number; readonly count: number },
): { readonly logProbability: number; readonly top: readonly TokenProbability[] } {
  const top = highestIds(logits, count);
  let highest = -Infinity;
  for (const logit of logits) if (highest < logit) highest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  const logSum = Math.log(sum);
  const at = (token: number): number => logits[token] - highest - logSum;
  return { logProbability: at(id), top: top.map((best) => ({ id: best, logProbability: at(best) })) };
}

/** By insertion: `count` is small, the vocabulary large. On equal logits the lower id comes first. */
function highestIds(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let id = 0; id < logits.length; id += 1) {
    if (best.length === count && !(0 < count && logits[best[count - 1]] < logits[id])) continue;
    let place = best.length;
    while (0 < place && logits[best[place - 1]] < logits[id]) place -= 1;
    best.splice(place, 0, id);
    if (count < best.length) best.pop();
  }
  return best;
}
