/** Position of the first token of the last occurrence of `run` in `ids`, −1 when there is none. */
export function findLastRun(ids: readonly number[], run: readonly number[]): number {
  if (run.length === 0) return -1;
  for (let start = ids.length - run.length; 0 <= start; start -= 1) {
    if (run.every((id, index) => ids[start + index] === id)) return start;
  }
  return -1;
}
