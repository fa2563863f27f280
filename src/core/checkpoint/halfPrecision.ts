interface HalfTables {
  readonly mantissas: Uint32Array; // [2048]
  readonly exponents: Uint32Array; // [64]
  readonly offsets: Uint16Array; // [64]
}

/** Tables of "Fast Half Float Conversions" (J. van der Zijp, 2012): float32 bits = mantissas[offset + low ten bits] + exponents. */
function halfTables(): HalfTables {
  const mantissas = new Uint32Array(2048);
  for (let i = 1; i < 1024; i++) {
    // Subnormal: shift until the leading one is implicit.
    let mantissa = i << 13;
    let exponent = 0;
    while ((mantissa & 0x00800000) === 0) {
      exponent -= 0x00800000;
      mantissa <<= 1;
    }
    mantissas[i] = (mantissa & ~0x00800000) | (exponent + 0x38800000);
  }
  for (let i = 1024; i < 2048; i++) mantissas[i] = 0x38000000 + ((i - 1024) << 13);
  const exponents = new Uint32Array(64);
  for (let i = 1; i < 31; i++) exponents[i] = i << 23;
  exponents[31] = 0x47800000;
  exponents[32] = 0x80000000;
  for (let i = 33; i < 63; i++) exponents[i] = 0x80000000 + ((i - 32) << 23);
  exponents[63] = 0xc7800000;
  const offsets = new Uint16Array(64).fill(1024);
  offsets[0] = 0;
  offsets[32] = 0;
  return { mantissas, exponents, offsets };
}

/** Bits of F16 to bits of float32, in bulk; `words` is as long as `halves`. */
export function widenHalves(halves: Uint16Array, words: Uint32Array): void {
  const { mantissas, exponents, offsets } = halfTables();
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const upper = half >>> 10;
    words[i] = mantissas[offsets[upper] + (half & 0x3ff)] + exponents[upper];
  }
}

/** F16 bits to number. */
export function halfReader(): (half: number) => number {
  const { mantissas, exponents, offsets } = halfTables();
  const word = new Uint32Array(1);
  const value = new Float32Array(word.buffer);
  return (half) => {
    const upper = half >>> 10;
    word[0] = mantissas[offsets[upper] + (half & 0x3ff)] + exponents[upper];
    return value[0];
  };
}

/** Bits of float32 to bits of F16, to nearest even; from 65520 on infinity. */
export function narrowToHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (0x7f800000 < magnitude) return sign | 0x7e00;
  if (0x477ff000 <= magnitude) return sign | 0x7c00;
  if (0x38800000 <= magnitude) {
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  if (magnitude < 0x33000000) return sign;
  // Subnormal: units of 2⁻²⁴.
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const halfway = 1 << (shift - 1);
  return sign | (kept + (halfway < rest || (rest === halfway && (kept & 1) === 1) ? 1 : 0));
}
