/** c = g·Mᵀ: the score Σ g (r·M) is Σ c r. `transform` is M [objectives, objectives]. */
export function effectiveCoefficients(gates: readonly number[], transform: ArrayLike<number>): number[] {
  const count = gates.length;
  return gates.map((_, row) => gates.reduce((sum, gate, column) => sum + gate * transform[row * count + column], 0));
}
