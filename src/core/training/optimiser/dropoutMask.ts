/** Chances are in 65536ths, so that one random number of 32 bits decides about two elements. */
const PARTS = 2 ** 16;

/**
 * Fills a mask: 0 with the given chance, else 1 / (1 − chance), so that the mean stays 1 (Srivastava et al. 2014). The
 * same for the same seed on every platform.
 */
export function fillDropoutMask(mask: Float32Array, { chance, seed }: { chance: number; seed: number }): void {
  const limit = Math.round(chance * PARTS);
  const kept = 1 / (1 - limit / PARTS);
  let state = seed >>> 0;
  for (let index = 0; index < mask.length; index += 2) {
    // mulberry32, as in seededRandom, without turning to fractions.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    mixed ^= mixed >>> 14;
    mask[index] = (mixed & 0xffff) < limit ? 0 : kept;
    if (index + 1 < mask.length) mask[index + 1] = mixed >>> 16 < limit ? 0 : kept;
  }
}
