export interface SamplingOptions {
  /** 0: always the most likely token. */
  readonly temperature: number;
  /** Keep the most likely tokens whose probabilities reach this sum; 1: all. */
  readonly topP: number;
  /** Keep this many of the most likely tokens; 0: all. */
  readonly topK: number;
}

/** The id of the next token for logits [vocab]; `random` gives numbers in [0, 1). */
export function sampleToken(logits: Float32Array, options: SamplingOptions, random: () => number): number {
  const { temperature, topP, topK } = options;
  if (temperature === 0) return indexOfHighest(logits);
  const highest = logits[indexOfHighest(logits)];
  // Sorting the whole vocabulary costs more than the rest: only where a limit asks for it.
  const order = 0 < topK || topP < 1 ? sortByLogit(logits) : null;
  const idAt = (rank: number): number => (order === null ? rank : order[rank]);
  const count = 0 < topK ? Math.min(topK, logits.length) : logits.length;
  const weights = new Float64Array(count);
  let total = 0;
  for (let rank = 0; rank < count; rank += 1) {
    const weight = Math.exp((logits[idAt(rank)] - highest) / temperature);
    weights[rank] = weight;
    total += weight;
  }
  const kept = topP < 1 ? nucleus(weights, topP * total) : total;
  let rest = random() * kept;
  for (let rank = 0; rank < count; rank += 1) {
    rest -= weights[rank];
    if (rest < 0) return idAt(rank);
  }
  return indexOfHighest(logits);
}

/** The smallest sum of leading weights that reaches `limit` (Holtzman et al. 2020, nucleus sampling). */
function nucleus(weights: Float64Array, limit: number): number {
  let sum = 0;
  for (const weight of weights) {
    sum += weight;
    if (limit <= sum) break;
  }
  return sum;
}

/** On equal logits the lower id wins, as in torch. */
function indexOfHighest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id += 1) {
    if (logits[best] < logits[id]) best = id;
  }
  return best;
}

function sortByLogit(logits: Float32Array): Uint32Array {
  return Uint32Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
}
