import type { SafetensorsHeader } from '../checkpoint/readSafetensorsHeader';
import type { WeightFormat } from './weightFormat';
import { weightParts } from './weightParts';
import type { WeightPart } from './weightParts';

/** A weight as a file of the cache has it. */
export interface WeightInFile {
  readonly name: string;
  readonly shape: readonly number[];
  readonly format: WeightFormat;
}

/** A part with its place, in bytes from the start of the file. */
export type PlacedPart = WeightPart & { readonly offset: number };

export interface WeightFileLayout {
  /** Of each weight, in the order given. */
  readonly parts: readonly (readonly PlacedPart[])[];
  readonly totalBytes: number;
  /** The head of the file, once the relative loss of each weight is known; always of the same length. */
  header(losses: readonly (number | null)[]): Uint8Array;
}

/** Raised whenever the same checkpoint would be stored in another way. */
export const WEIGHT_FILE_VERSION = '1';
const VERSION_KEY = 'alidade.weights';
/** Data of a weight begin at multiples of this, in bytes. */
const ALIGNMENT = 64;
/** Room for a loss in the header, in bytes. */
const LOSS_BYTES = 24;

const dtypeOfType = { float32: 'F32', float16: 'F16', int8: 'I8', uint8: 'U8' } as const;

/** Lays out a safetensors file that holds weights in their formats; the formats and losses stand in its metadata. */
export function layOutWeightFile(weights: readonly WeightInFile[]): WeightFileLayout {
  const table: Record<string, unknown> = {};
  let end = 0;
  const placed = weights.map(({ name, shape, format }) =>
    weightParts(format, shape).map((part) => {
      const offset = end;
      table[tensorName(name, part, format)] = tableEntry(dtypeOfType[part.type], part.shape, [
        offset,
        offset + part.bytes,
      ]);
      end = Math.ceil((offset + part.bytes) / ALIGNMENT) * ALIGNMENT;
      // The format allows no holes.
      const padding = end - offset - part.bytes;
      if (0 < padding) table[`~${offset}`] = tableEntry('U8', [padding], [end - padding, end]);
      return { ...part, offset };
    }),
  );
  const text = (losses: readonly (number | null)[]): Uint8Array => {
    const metadata: Record<string, string> = { [VERSION_KEY]: WEIGHT_FILE_VERSION };
    weights.forEach(({ name, shape, format }, index) => {
      metadata[name] = JSON.stringify({ shape, format, loss: losses[index] ?? null });
    });
    return new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...table }));
  };
  const room = text([]).length + LOSS_BYTES * weights.length;
  const dataOffset = Math.ceil((8 + room) / ALIGNMENT) * ALIGNMENT;
  return {
    parts: placed.map((parts) => parts.map((part) => ({ ...part, offset: part.offset + dataOffset }))),
    totalBytes: dataOffset + end,
    header: (losses) => {
      const header = new Uint8Array(dataOffset).fill(0x20);
      new DataView(header.buffer).setBigUint64(0, BigInt(dataOffset - 8), true);
      header.set(text(losses), 8);
      return header;
    },
  };
}

/** What a file of the cache holds; null when it is not one, or of another version. */
export function readWeightFile(
  header: SafetensorsHeader,
): Map<string, WeightInFile & { readonly loss: number | null; readonly parts: readonly PlacedPart[] }> | null {
  if (header.metadata.get(VERSION_KEY) !== WEIGHT_FILE_VERSION) return null;
  const weights = [...header.metadata].filter(([key]) => key !== VERSION_KEY);
  return new Map(
    weights.map(([name, text]) => {
      const { shape, format, loss } = JSON.parse(text) as Omit<WeightInFile, 'name'> & { readonly loss: number | null };
      const parts = weightParts(format, shape).map((part) => {
        const entry = header.tensors.get(tensorName(name, part, format));
        if (entry?.bytes !== part.bytes) throw new RangeError(`${name}: ${part.name} not as announced`);
        return { ...part, offset: entry.offset };
      });
      return [name, { name, shape, format, loss, parts }];
    }),
  );
}

function tensorName(name: string, part: WeightPart, format: WeightFormat): string {
  return format.kind === 'dense' ? name : `${name}:${part.name}`;
}

function tableEntry(dtype: string, shape: readonly number[], range: readonly number[]): unknown {
  return { dtype, shape, data_offsets: range };
}
