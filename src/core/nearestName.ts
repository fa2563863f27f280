/** The known name that was probably meant, null when none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    // Each letter too many is a change: what is much longer is not compared.
    if (least <= Math.abs(candidate.length - name.length) && !candidate.startsWith(name)) continue;
    const isBeginning = 3 <= name.length && candidate.startsWith(name);
    const distance = isBeginning ? 1 : editDistance(name, candidate);
    if (distance < Math.min(least, name.length)) [best, least] = [candidate, distance];
  }
  return best;
}

/** Levenshtein, with two neighbours that changed places counted once. */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) distance = Math.min(distance, at(i - 2, j - 2) + 1);
      rows[i][j] = distance;
    }
  }
  return at(a.length, b.length);
}
