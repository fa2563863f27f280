import { readFile, stat } from 'node:fs/promises';
import { readHeadHeader } from '../../core/checkpoint/readHeadHeader';
import type { HeadFileMetadata } from '../../core/reward/headFile';
import { withFile } from './fileByteSource';

/** A head file without its weights. */
export interface HeadFileDescription {
  readonly path: string;
  readonly bytes: number;
  readonly metadata: HeadFileMetadata;
  /** Inputs and outputs of the gate's layers; null: it has none. */
  readonly gateShape: readonly number[] | null;
  /** Markdown of the model card beside it; null: there is none. */
  readonly card: string | null;
}

/** Bytes; a card has some thousand. */
const longestCard = 1_000_000;

/**
 * What a head file says of itself, from its header, and the card beside it.
 * @throws AlidadeError `not_found` or `permission`, FormatError when it is not a head file.
 */
export async function describeHeadFile(path: string): Promise<HeadFileDescription> {
  const { metadata, gateShape, bytes } = await withFile(path, async (source) => ({
    ...(await readHeadHeader(source)),
    bytes: source.size,
  }));
  return { path, bytes, metadata, gateShape, card: await readCard(cardPathOf(path)) };
}

/** Where the card of a head file lies. */
export function cardPathOf(path: string): string {
  return path.replace(/(\.safetensors)?$/i, '.md');
}

async function readCard(path: string): Promise<string | null> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
  return size === null || longestCard < size ? null : readFile(path, 'utf8').catch(() => null);
}
