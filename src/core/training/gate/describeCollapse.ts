/** A share of the gate that leaves nothing to the others. */
const almostAll = 0.95;
/** The share of the largest entropy below which a gate hardly weighs. */
const hardlySpread = 0.05;

/**
 * Whether a gate has settled on one objective whatever the prompt (as in RLHFlow/RLHF-Reward-Modeling, issue 55), in words.
 * @param meanGates mean over prompts, adding up to 1; [objectives].
 */
export function describeCollapse(meanGates: ArrayLike<number>, objectives: readonly string[]): string[] {
  const gates = Array.from(meanGates);
  if (gates.length < 2) return [];
  const entropy = -gates.reduce((sum, gate) => sum + (gate === 0 ? 0 : gate * Math.log(gate)), 0);
  const largest = Math.max(...gates);
  const isSpread = hardlySpread <= entropy / Math.log(gates.length);
  if (largest < almostAll && isSpread) return [];
  const objective = objectives[gates.indexOf(largest)];
  const share = `${(100 * largest).toFixed(1)} %`;
  return [
    `the gate has collapsed onto ${objective}, which has ${share} of the weight on average over the held-out prompts`,
  ];
}
