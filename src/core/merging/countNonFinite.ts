/** Values that are no finite numbers. */
export interface NonFinite {
  readonly nan: number;
  readonly infinite: number;
}

/**
 * What of two values of 16 bits, or of one of 32, is the exponent, and what carries an exponent of ones into the sign, so
 * that one addition tests a word.
 */
const tests: Readonly<Record<string, { readonly exponents: number; readonly carry: number; readonly signs: number }>> =
  {
    BF16: { exponents: 0x7f807f80, carry: 0x00800080, signs: 0x80008000 },
    F16: { exponents: 0x7c007c00, carry: 0x04000400, signs: 0x80008000 },
    F32: { exponents: 0x7f800000, carry: 0x00800000, signs: 0x80000000 },
  };

/** @param bytes values in that dtype, aligned to four bytes in memory. @returns none for dtypes that are no floats. */
export function countNonFinite(bytes: Uint8Array, dtype: string): NonFinite {
  const none = { nan: 0, infinite: 0 };
  if (!Object.hasOwn(tests, dtype)) return none;
  const { exponents, carry, signs } = tests[dtype];
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 4));
  let carried = 0;
  for (let i = 0; i < words.length; i++) carried |= (words[i] & exponents) + carry;
  const odd = 4 * words.length < bytes.length;
  return (carried & signs) !== 0 || odd ? count(bytes, dtype) : none;
}

function count(bytes: Uint8Array, dtype: string): NonFinite {
  const { exponents } = tests[dtype];
  const values =
    dtype === 'F32'
      ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const exponent = dtype === 'F32' ? exponents : exponents & 0xffff;
  const magnitudes = dtype === 'F32' ? 0x7fffffff : 0x7fff;
  let [nan, infinite] = [0, 0];
  for (const value of values) {
    if ((value & exponent) !== exponent) continue;
    if ((value & magnitudes) === exponent) infinite += 1;
    else nan += 1;
  }
  return { nan, infinite };
}
