/** Sign, 4 bits of exponent (bias 7), 3 of mantissa; no infinities, all ones is NaN (OCP 8-bit floating point, E4M3). */
export function decodeE4M3(bytes: Uint8Array, values: Float32Array): void {
  decodeByTable(bytes, values, { mantissaBits: 3, bias: 7, infinities: false });
}

/** Sign, 5 bits of exponent (bias 15), 2 of mantissa; infinities and NaN as in IEEE 754 (OCP 8-bit floating point, E5M2). */
export function decodeE5M2(bytes: Uint8Array, values: Float32Array): void {
  decodeByTable(bytes, values, { mantissaBits: 2, bias: 15, infinities: true });
}

interface SmallFloat {
  readonly mantissaBits: number;
  readonly bias: number;
  readonly infinities: boolean;
}

function decodeByTable(bytes: Uint8Array, values: Float32Array, kind: SmallFloat): void {
  const table = Float32Array.from({ length: 256 }, (_, byte) => valueOf(byte, kind));
  for (let i = 0; i < values.length; i++) values[i] = table[bytes[i]];
}

function valueOf(byte: number, { mantissaBits, bias, infinities }: SmallFloat): number {
  const sign = byte < 128 ? 1 : -1;
  const exponent = (byte & 127) >> mantissaBits;
  const mantissa = byte & ((1 << mantissaBits) - 1);
  const isTop = exponent === 127 >> mantissaBits;
  if (isTop && infinities) return mantissa === 0 ? sign * Infinity : NaN;
  if ((byte & 127) === 127) return NaN;
  const unit = 2 ** -mantissaBits;
  return exponent === 0
    ? sign * mantissa * unit * 2 ** (1 - bias)
    : sign * (1 + mantissa * unit) * 2 ** (exponent - bias);
}
