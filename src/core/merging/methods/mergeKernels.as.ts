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
function widen<T>(from: usize): v128 {
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
    const x = widen<T>(from + i * sizeof<T>());
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

@inline
function decodeDifferenceAs<T>(from: usize, base: usize, to: usize, count: i32): void {
  const end = padded(count);
  for (let i = 0; i < end; i += 4) {
    const x = widen<T>(from + i * sizeof<T>());
    const at = i << 3;
    v128.store(to + at, f64x2.sub(low(x), v128.load(base + at)));
    v128.store(to + at, f64x2.sub(high(x), v128.load(base + at, 16)), 16);
  }
  for (let i = count; i < end; i++) f64.store(to + (i << 3), 0);
}

/** The same less a vector. */
export function decodeDifference(dtype: i32, from: usize, base: usize, to: usize, count: i32): void {
  if (dtype == BF16) decodeDifferenceAs<u16>(from, base, to, count);
  else if (dtype == F16) decodeDifferenceAs<i16>(from, base, to, count);
  else decodeDifferenceAs<f32>(from, base, to, count);
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
    const x = widen<T>(from + i * sizeof<T>());
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
    const x = widen<T>(from + i * sizeof<T>());
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

export function sum(a: usize, count: i32): f64 {
  let sums = f64x2.splat(0);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) sums = f64x2.add(sums, v128.load(a + i));
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** Σ |a| */
export function sumOfSizes(a: usize, count: i32): f64 {
  let sums = f64x2.splat(0);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    sums = f64x2.add(sums, f64x2.abs(v128.load(a + i)));
  }
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

// Products of vectors, value by value

/** to += a · b */
export function addProduct(a: usize, b: usize, to: usize, count: i32): void {
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(to + i, f64x2.add(v128.load(to + i), f64x2.mul(v128.load(a + i), v128.load(b + i))));
  }
}

export function divideBy(a: usize, b: usize, to: usize, count: i32): void {
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(to + i, f64x2.div(v128.load(a + i), v128.load(b + i)));
  }
}

/** to = max(|a|, least) */
export function sizeAtLeast(a: usize, least: f64, to: usize, count: i32): void {
  const bound = f64x2.splat(least);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(to + i, f64x2.max(f64x2.abs(v128.load(a + i)), bound));
  }
}

/** to = factor / a */
export function reciprocal(a: usize, factor: f64, to: usize, count: i32): void {
  const s = f64x2.splat(factor);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) v128.store(to + i, f64x2.div(s, v128.load(a + i)));
}

/** Into 0 … 1. */
export function clamp(a: usize, count: i32): void {
  const one = f64x2.splat(1);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    v128.store(a + i, f64x2.max(f64x2.min(v128.load(a + i), one), f64x2.splat(0)));
  }
}

/** to = 1 − a */
export function complement(a: usize, to: usize, count: i32): void {
  const one = f64x2.splat(1);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) v128.store(to + i, f64x2.sub(one, v128.load(a + i)));
}

/** The population variance of n vectors that lie `stride` bytes apart. */
export function variance(vectors: usize, stride: usize, n: i32, to: usize, count: i32): void {
  const divisor = f64x2.splat(n);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    let total = f64x2.splat(0);
    for (let k = 0, at = vectors + i; k < n; k++, at += stride) total = f64x2.add(total, v128.load(at));
    const mean = f64x2.div(total, divisor);
    let squares = f64x2.splat(0);
    for (let k = 0, at = vectors + i; k < n; k++, at += stride) {
      const off = f64x2.sub(v128.load(at), mean);
      squares = f64x2.add(squares, f64x2.mul(off, off));
    }
    v128.store(to + i, f64x2.div(squares, divisor));
  }
}

// Thresholds. The key of a value is its bits without the sign, which are ordered as sizes are (NaN above all).

@inline
function keyOf(at: usize): u64 {
  return load<u64>(at) & 0x7fffffffffffffff;
}

/*
 * A counter of keys in a range: u64 from, u64 to (exclusive), u64 shift, u64 below; from byte 64 on a u32 for every
 * 2^shift keys, up to 2^16 of them, and behind those room for 1024 keys. The upper bit of a count says that some of its
 * keys are not the first one that it is for: without it they are all equal.
 */

/** Counts keys of the range, and those below it. */
export function countKeys(vector: usize, count: i32, counter: usize): void {
  const from = load<u64>(counter);
  const width = load<u64>(counter, 8) - from;
  const shift = load<u64>(counter, 16);
  const rest = ((<u64>1) << shift) - 1;
  const table = counter + 64;
  const found = table + 262144;
  let below: u64 = 0;
  for (let start = 0; start < count; start += 1024) {
    // First those of the range are put together, without a branch: where they are cannot be foretold.
    const end = vector + (min(1024, count - start) << 3);
    let place = found;
    for (; vector < end; vector += 8) {
      const offset = keyOf(vector) - from;
      store<u64>(place, offset);
      place += usize(offset < width) << 3;
      below += offset >> 63;
    }
    for (let at = found; at < place; at += 8) {
      const offset = load<u64>(at);
      const bin = table + (<usize>(offset >> shift) << 2);
      store<u32>(bin, (load<u32>(bin) + 1) | (u32((offset & rest) != 0) << 31));
    }
  }
  store<u64>(counter, load<u64>(counter, 24) + below, 24);
}

/*
 * A band of sizes: f64 lowFirst, f64 lowLast, u64 lowFrom, u64 lowTo, f64 highFirst, f64 highLast, u64 highTo,
 * u64 seenLow, u64 seenHigh. A value is kept if its size is between lowLast and highFirst or no number; of those from
 * lowFirst to lowLast the lowFrom-th … before the lowTo-th, of those from highFirst to highLast the ones before the
 * highTo-th. The last two count what has come.
 */

@inline
function isInBand(size: f64, band: usize): bool {
  if (load<f64>(band) <= size && size <= load<f64>(band, 8)) {
    const seen = load<u64>(band, 56);
    store<u64>(band, seen + 1, 56);
    return load<u64>(band, 16) <= seen && seen < load<u64>(band, 24);
  }
  if (load<f64>(band, 32) <= size && size <= load<f64>(band, 40)) {
    const seen = load<u64>(band, 64);
    store<u64>(band, seen + 1, 64);
    return seen < load<u64>(band, 48);
  }
  return !(size <= load<f64>(band, 8) || load<f64>(band, 32) <= size);
}

/** Makes zero what a band does not keep. */
export function keepBand(vector: usize, count: i32, band: usize): void {
  const lowFirst = f64x2.splat(load<f64>(band));
  const lowLast = f64x2.splat(load<f64>(band, 8));
  const highFirst = f64x2.splat(load<f64>(band, 32));
  const highLast = f64x2.splat(load<f64>(band, 40));
  for (let i = 0; i < count; i += 2, vector += 16) {
    const x = v128.load(vector);
    const size = f64x2.abs(x);
    const isSmall = f64x2.le(size, lowLast);
    const isLarge = f64x2.ge(size, highFirst);
    const isLow = v128.and(isSmall, f64x2.ge(size, lowFirst));
    const isHigh = v128.and(isLarge, f64x2.le(size, highLast));
    if (v128.any_true(v128.or(isLow, isHigh))) {
      if (!isInBand(Math.abs(load<f64>(vector)), band)) store<f64>(vector, 0);
      if (i + 1 < count && !isInBand(Math.abs(load<f64>(vector, 8)), band)) store<f64>(vector, 0, 8);
    } else {
      v128.store(vector, v128.andnot(x, v128.or(isSmall, isLarge)));
    }
  }
}

// Chance: a function of a key of two halves and the index of a value, so that the order of values does not matter. Two
// rounds of the 32-bit mixer lowbias32 (Chris Wellons, public domain), one for each half of the key.

@inline
function mix(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}

@inline
function mixLanes(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** Whether a draw with a probability in 2⁻³² succeeds. */
@inline
function isChosen(index: u32, key0: u32, key1: u32, probability: u64): bool {
  return <u64>mix(mix(index ^ key0) + key1) < probability;
}

/** In 2⁻³². */
@inline
function toFixed(probability: f64): u64 {
  return <u64>(min<f64>(max<f64>(probability, 0), 1) * 4294967296);
}

/** Keeps each value with a probability, else makes it zero; `start`: index of the first. */
export function keepByChance(vector: usize, count: i32, probability: f64, key0: u32, key1: u32, start: u32): void {
  const bound = toFixed(probability);
  if (bound >> 32 != 0) return;
  const limit = i32x4.splat(<i32>bound);
  let indices = i32x4.add(i32x4.splat(start), i32x4(0, 1, 2, 3));
  for (let i = 0; i < count; i += 4, vector += 32) {
    const drawn = mixLanes(i32x4.add(mixLanes(v128.xor(indices, i32x4.splat(key0))), i32x4.splat(key1)));
    const isKept = i32x4.lt_u(drawn, limit);
    v128.store(vector, v128.and(v128.load(vector), i64x2.extend_low_i32x4_s(isKept)));
    v128.store(vector, v128.and(v128.load(vector, 16), i64x2.extend_high_i32x4_s(isKept)), 16);
    indices = i32x4.add(indices, i32x4.splat(4));
  }
}

/**
 * Keeps each value with a probability of least + step · rank of its size, from 0, among the vector's; equal sizes, those
 * that agree in 21 binary digits among them, in the order of their index. `scratch` has room for 2 · count + 3072 u64.
 */
export function keepByRank(
  vector: usize,
  count: i32,
  least: f64,
  step: f64,
  key0: u32,
  key1: u32,
  start: u32,
  scratch: usize,
): void {
  const tables = scratch;
  let from = scratch + 24576;
  let to = from + (count << 3);
  memory.fill(tables, 0, 24576);
  for (let i = 0; i < count; i++) {
    const size = <u32>(keyOf(vector + (i << 3)) >> 31);
    store<u64>(from + (i << 3), ((<u64>size) << 32) | <u64>i);
    for (let digit = 0; digit < 3; digit++) {
      const bin = tables + (digit << 13) + (((size >> (digit * 11)) & 2047) << 2);
      store<u32>(bin, load<u32>(bin) + 1);
    }
  }
  for (let digit = 0; digit < 3; digit++) {
    const table = tables + (digit << 13);
    let place: u32 = 0;
    for (let bin = table; bin < table + 8192; bin += 4) {
      const size = load<u32>(bin);
      store<u32>(bin, place);
      place += size;
    }
    const shift: u64 = 32 + digit * 11;
    for (let i = 0; i < count; i++) {
      const item = load<u64>(from + (i << 3));
      const bin = table + <usize>(((item >> shift) & 2047) << 2);
      const target = load<u32>(bin);
      store<u32>(bin, target + 1);
      store<u64>(to + (target << 3), item);
    }
    const swapped = from;
    from = to;
    to = swapped;
  }
  for (let rank = 0; rank < count; rank++) {
    const index = load<u32>(from + (rank << 3));
    const isKept = isChosen(start + index, key0, key1, toFixed(least + step * rank));
    if (!isKept) store<f64>(vector + (index << 3), 0);
  }
}

// Signs

@inline
function toF32(x: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(x));
}

/** True where a value has the other sign or is zero; NaN has either sign. */
@inline
function differs(x: v128, isPositive: v128): v128 {
  const zeros = f64x2.splat(0);
  return v128.bitselect(f64x2.le(x, zeros), f64x2.ge(x, zeros), isPositive);
}

@inline
function electTwo(first: usize, second: usize, weights: usize, total: usize, divisor: usize, count: i32): void {
  const weight0 = v128.load64_splat(weights);
  const weight1 = v128.load64_splat(weights, 8);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    const x = v128.load(first + i);
    const y = v128.load(second + i);
    const isPositive = f64x2.ge(f64x2.add(x, y), f64x2.splat(0));
    const skipsX = differs(x, isPositive);
    const skipsY = differs(y, isPositive);
    v128.store(total + i, f64x2.add(v128.andnot(x, skipsX), v128.andnot(y, skipsY)));
    v128.store(divisor + i, f64x2.add(v128.andnot(weight0, skipsX), v128.andnot(weight1, skipsY)));
  }
}

@inline
function electAs(isExact: bool, vectors: usize, stride: usize, n: i32, weights: usize, total: usize, divisor: usize, count: i32): void {
  const zeros = f64x2.splat(0);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    let votes = zeros;
    for (let k = 0, at = vectors + i; k < n; k++, at += stride) {
      votes = f64x2.add(votes, v128.load(at));
      if (!isExact) votes = toF32(votes);
    }
    const isPositive = f64x2.ge(votes, zeros);
    let chosen = zeros;
    let weight = zeros;
    for (let k = 0, at = vectors + i; k < n; k++, at += stride) {
      const x = v128.load(at);
      const isSkipped = differs(x, isPositive);
      chosen = f64x2.add(chosen, v128.andnot(x, isSkipped));
      weight = f64x2.add(weight, v128.andnot(v128.load64_splat(weights + (k << 3)), isSkipped));
      if (!isExact) {
        chosen = toF32(chosen);
        weight = toF32(weight);
      }
    }
    v128.store(total + i, chosen);
    v128.store(divisor + i, weight);
  }
}

/**
 * Of n vectors that lie `stride` bytes apart: the sum of those values that have the sign of the sum of all (zero is
 * positive), and the sum of their weights (n doubles). Sums of float32 where they are not exact.
 */
export function elect(isExact: i32, vectors: usize, stride: usize, n: i32, weights: usize, total: usize, divisor: usize, count: i32): void {
  if (isExact && n == 2) electTwo(vectors, vectors + stride, weights, total, divisor, count);
  else if (isExact) electAs(true, vectors, stride, n, weights, total, divisor, count);
  else electAs(false, vectors, stride, n, weights, total, divisor, count);
}

/** Makes zero what has not the sign of `votes` (zero is positive). */
export function keepSign(vector: usize, votes: usize, count: i32): void {
  const zeros = f64x2.splat(0);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    const x = v128.load(vector + i);
    const isPositive = f64x2.ge(v128.load(votes + i), zeros);
    v128.store(vector + i, v128.andnot(x, differs(x, isPositive)));
  }
}

/** Makes zero what has a size below the least. */
export function keepAtLeast(vector: usize, sizes: usize, least: f64, count: i32): void {
  const bound = f64x2.splat(least);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    const isLarge = f64x2.ge(v128.load(sizes + i), bound);
    v128.store(vector + i, v128.and(v128.load(vector + i), isLarge));
  }
}

/** Values whose sizes are in the order of signed values: keys above 2^62 for positive ones, without their last bit. */
export function toOrdered(vector: usize, to: usize, count: i32): void {
  for (const end = vector + (count << 3); vector < end; vector += 8, to += 8) {
    const bits = load<u64>(vector);
    const size = (bits & 0x7fffffffffffffff) >> 1;
    const isNegative = bits >> 63 != 0 && size != 0;
    store<u64>(to, isNegative ? 0x3fffffffffffffff - size : 0x4000000000000000 + size);
  }
}

/** Makes zero what a mask has zero for. */
export function keepWhere(vector: usize, mask: usize, count: i32): void {
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    const isThere = f64x2.ne(v128.load(mask + i), f64x2.splat(0));
    v128.store(vector + i, v128.and(v128.load(vector + i), isThere));
  }
}

export function countNonZero(vector: usize, count: i32): f64 {
  let total: i32 = 0;
  for (const end = vector + (count << 3); vector < end; vector += 8) total += i32(load<f64>(vector) != 0);
  return total;
}

/** to += weight wherever the vector is not zero */
export function addWhere(vector: usize, weight: f64, to: usize, count: i32): void {
  const w = f64x2.splat(weight);
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    const isThere = f64x2.ne(v128.load(vector + i), f64x2.splat(0));
    v128.store(to + i, f64x2.add(v128.load(to + i), v128.and(w, isThere)));
  }
}

/** Makes one what is zero: divisors. */
export function oneForZero(vector: usize, count: i32): void {
  for (let i = 0, bytes = padded(count) << 3; i < bytes; i += 16) {
    const x = v128.load(vector + i);
    v128.store(vector + i, v128.bitselect(f64x2.splat(1), x, f64x2.eq(x, f64x2.splat(0))));
  }
}
