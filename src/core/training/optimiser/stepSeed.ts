/**
 * A seed for one use of chance in one step: what is drawn in a step depends on nothing that was drawn before, so that a
 * training that is taken up again goes on as it would have. The last step of MurmurHash3 (public domain) over all three.
 */
export function stepSeed(seed: number, step: number, use: number): number {
  return [seed, step, use].reduce((hash, part) => mix(hash ^ mix(part)), 0x9e3779b9);
}

function mix(value: number): number {
  let mixed = (value + 0x165667b1) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
