// The arithmetic of merging on vectors of doubles, two at a time (AssemblyScript, compiled into mergeKernelsModule.ts by
// scripts/buildMergeKernels.mjs; a test compares the two). Addresses are in bytes. A vector has room for a multiple of
// four values; what lies between its count and that is zero after `decode` and may be overwritten by all others.

// Types that stand for the number formats: u16 for BF16, i16 for F16, f32 for F32.
const F32 = 0;
const F16 = 1;
const BF16 = 2;

// Number formats

@inline
function padded(count: i32): i32 {
  return (count + 3) & ~3;
}

/** Four F16 as F32, exactly; the values are the lower halves of the lanes. */
@inline
function widenHalf(bits: v128): v128 {
  const magnitude = v128.and(bits, i32x4.splat(0x7fff));
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const isSmall = i32x4.lt_u(magnitude, i32x4.splat(0x400));
  const small = f32x4.mul(f32x4.convert_i32x4_s(magnitude), f32x4.splat(5.9604644775390625e-8)); // multiples of 2⁻²⁴
  const shifted = i32x4.add(i32x4.shl(magnitude, 13), i32x4.splat(112 << 23));
  const isHuge = i32x4.ge_u(magnitude, i32x4.splat(0x7c00));
  const normal = i32x4.add(shifted, v128.and(isHuge, i32x4.splat(112 << 23)));
  return v128.or(sign, v128.bitselect(small, normal, isSmall));
}

/** Four values as F32. */
@inline
function load<T>(from: usize): v128 {
  if (isFloat<T>()) return v128.load(from);
  const bits = v128.load16x4_u(from);
  return isSigned<T>() ? widenHalf(bits) : i32x4.shl(bits, 16);
}

@inline
function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

/** Four doubles as F32, each to the nearest. */
@inline
function narrow(first: v128, second: v128): v128 {
  return i64x2.shuffle(f32x4.demote_f64x2_zero(first), f32x4.demote_f64x2_zero(second), 0, 2);
}

/** F32 to the nearest BF16, as F32; halves to even; NaN stays NaN. */
@inline
function roundBf16(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  const rounded = v128.and(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), i32x4.splat(0xffff0000));
  return v128.bitselect(rounded, v128.or(x, i32x4.splat(0x400000)), f32x4.eq(x, x));
}

/** F32 to the nearest F16, as F32: the sum with a number whose last place is that of the F16 rounds it. */
@inline
function roundF16(x: v128): v128 {
  const power = v128.and(x, i32x4.splat(0x7f800000));
  const bounded = f32x4.pmin(f32x4.pmax(power, f32x4.splat(6.103515625e-5)), f32x4.splat(1048576)); // 2⁻¹⁴ … 2²⁰
  const shift = f32x4.mul(bounded, f32x4.splat(12288)); // 1.5 · 2¹³
  const rounded = f32x4.sub(f32x4.add(x, shift), shift);
  const magnitude = v128.and(rounded, i32x4.splat(0x7fffffff));
  const finite = v128.bitselect(magnitude, i32x4.splat(0x7f800000), f32x4.lt(magnitude, f32x4.splat(65536)));
  const kept = v128.bitselect(finite, x, f32x4.eq(x, x));
  return v128.bitselect(x, kept, i32x4.splat(0x80000000)); // a sum that is zero has lost its sign
}

@inline
function roundTo(dtype: i32, x: v128): v128 {
  return dtype == BF16 ? roundBf16(x) : dtype == F16 ? roundF16(x) : x;
}

/** The bits of values that are F16, as the lower halves of the lanes. */
@inline
function halfBits(x: v128): v128 {
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  const normal = i32x4.shr_u(i32x4.sub(magnitude, i32x4.splat(112 << 23)), 13);
  const small = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), f32x4.splat(0.5)); // of the bits
  const finite = v128.bitselect(small, normal, f32x4.lt(magnitude, f32x4.splat(6.103515625e-5)));
  const huge = v128.bitselect(i32x4.splat(0x7c00), i32x4.splat(0x7e00), f32x4.eq(x, x));
  return v128.or(sign, v128.bitselect(finite, huge, f32x4.lt(magnitude, f32x4.splat(65536))));
}

@inline
function decodeAs<T>(from: usize, to: usize, count: i32): void {
  const end = padded(count);
  for (let i = 0; i < end; i += 4) {
    const x = load<T>(from + i * sizeof<T>());
    v128.store(to + (i << 3), low(x));
    v128.store(to + (i << 3), high(x), 16);
  }
  for (let i = count; i < end; i++) f64.store(to + (i << 3), 0);
}

/** Values as doubles, exactly; zeros up to a multiple of four. */
export function decode(dtype: i32, from: usize, to: usize, count: i32): void {
  if (dtype == BF16) decodeAs<u16>(from, to, count);
  else if (dtype == F16) decodeAs<i16>(from, to, count);
  else decodeAs<f32>(from, to, count);
}

/** Doubles to F32 and that to the format, each to the nearest, halves to even; up to three values more are written. */
export function encode(dtype: i32, from: usize, to: usize, count: i32): void {
  const end = from + (count << 3);
  if (dtype == F32) {
    for (; from < end; from += 32, to += 16) v128.store(to, narrow(v128.load(from), v128.load(from, 16)));
    return;
  }
  for (; from < end; from += 32, to += 8) {
    const x = narrow(v128.load(from), v128.load(from, 16));
    const bits = dtype == BF16 ? i32x4.shr_u(roundBf16(x), 16) : halfBits(roundF16(x));
    v128.store64_lane(to, i16x8.narrow_i32x4_u(bits, bits), 0);
  }
}

/** Doubles to the nearest values of a format, by way of F32. */
export function round(dtype: i32, vector: usize, count: i32): void {
  const end = vector + (count << 3);
  for (; vector < end; vector += 32) {
    const x = roundTo(dtype, narrow(v128.load(vector), v128.load(vector, 16)));
    v128.store(vector, low(x));
    v128.store(vector, high(x), 16);
  }
}

@inline
function addTermAs<T>(from: usize, weight: f64, sum: usize, count: i32): void {
  const w = f64x2.splat(weight);
  for (let i = 0; i < count; i += 4, sum += 32) {
    const x = load<T>(from + i * sizeof<T>());
    v128.store(sum, f64x2.add(v128.load(sum), f64x2.mul(low(x), w)));
    v128.store(sum, f64x2.add(v128.load(sum, 16), f64x2.mul(high(x), w)), 16);
  }
}

/** sum += weight · values, the values as they are stored. */
export function addTerm(dtype: i32, from: usize, weight: f64, sum: usize, count: i32): void {
  if (dtype == BF16) addTermAs<u16>(from, weight, sum, count);
  else if (dtype == F16) addTermAs<i16>(from, weight, sum, count);
  else addTermAs<f32>(from, weight, sum, count);
}

@inline
function startTermAs<T>(from: usize, weight: f64, sum: usize, count: i32): void {
  const w = f64x2.splat(weight);
  for (let i = 0; i < count; i += 4, sum += 32) {
    const x = load<T>(from + i * sizeof<T>());
    v128.store(sum, f64x2.mul(low(x), w));
    v128.store(sum, f64x2.mul(high(x), w), 16);
  }
}

/** sum = weight · values, the values as they are stored. */
export function startTerm(dtype: i32, from: usize, weight: f64, sum: usize, count: i32): void {
  if (dtype == BF16) startTermAs<u16>(from, weight, sum, count);
  else if (dtype == F16) startTermAs<i16>(from, weight, sum, count);
  else startTermAs<f32>(from, weight, sum, count);
}

// Sums and products; the result may be one of the operands

export function zero(vector: usize, count: i32): void {
  memory.fill(vector, 0, padded(count) << 3);
}

export function add(a: usize, b: usize, to: usize, count: i32): void {
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(to + i, f64x2.add(v128.load(a + i), v128.load(b + i)));
  }
}

export function subtract(a: usize, b: usize, to: usize, count: i32): void {
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(to + i, f64x2.sub(v128.load(a + i), v128.load(b + i)));
  }
}

export function multiply(a: usize, b: usize, to: usize, count: i32): void {
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(to + i, f64x2.mul(v128.load(a + i), v128.load(b + i)));
  }
}

export function scale(a: usize, factor: f64, to: usize, count: i32): void {
  const s = f64x2.splat(factor);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) v128.store(to + i, f64x2.mul(v128.load(a + i), s));
}

export function divide(a: usize, divisor: f64, to: usize, count: i32): void {
  const s = f64x2.splat(divisor);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) v128.store(to + i, f64x2.div(v128.load(a + i), s));
}

/** to += factor · a */
export function addScaled(a: usize, factor: f64, to: usize, count: i32): void {
  const s = f64x2.splat(factor);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(to + i, f64x2.add(v128.load(to + i), f64x2.mul(v128.load(a + i), s)));
  }
}

/** to = p · a + q · b */
export function combine(a: usize, p: f64, b: usize, q: f64, to: usize, count: i32): void {
  const s = f64x2.splat(p);
  const t = f64x2.splat(q);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(to + i, f64x2.add(f64x2.mul(v128.load(a + i), s), f64x2.mul(v128.load(b + i), t)));
  }
}

// Reductions

/** Σ a · b */
export function dot(a: usize, b: usize, count: i32): f64 {
  let even = f64x2.splat(0);
  let odd = f64x2.splat(0);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 32) {
    even = f64x2.add(even, f64x2.mul(v128.load(a + i), v128.load(b + i)));
    odd = f64x2.add(odd, f64x2.mul(v128.load(a + i, 16), v128.load(b + i, 16)));
  }
  const sums = f64x2.add(even, odd);
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}
