/** Bits of one element of every dtype that the safetensors format defines; the sub-byte kinds are packed. */
const bitsOfDtype: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  I64: 64,
  U64: 64,
  F64: 64,
};

/** Bits of one element, undefined for a dtype that the format does not have. */
export function safetensorsDtypeBits(dtype: string): number | undefined {
  return Object.hasOwn(bitsOfDtype, dtype) ? bitsOfDtype[dtype] : undefined;
}
