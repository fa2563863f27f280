import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FormatError } from '../../core/formatError';
import type { SourceTokenizer } from '../../core/merging/plan/mergeSource';
import { describeTokenizer } from '../../core/merging/plan/describeTokenizer';
import { readSmallFile } from '../checkpoint/readSmallFile';

/** Bytes; vocabularies of 256,000 tokens have 35 MB. */
const maximumTokenizerLength = 256_000_000;

/** Tokenizers that were read: most models of a merge have the very same file. */
export class TokenizerReadings {
  readonly known = new Map<string, SourceTokenizer>();
}

export interface ReadSourceTokenizerParams {
  readonly folder: string;
  readonly fileNames: readonly string[];
  readonly withVocabulary: boolean;
  readonly readings: TokenizerReadings;
}

/** @returns null without tokenizer.json. @throws FormatError for what is not one. */
export async function readSourceTokenizer({
  folder,
  fileNames,
  withVocabulary,
  readings,
}: ReadSourceTokenizerParams): Promise<SourceTokenizer | null> {
  if (!fileNames.includes('tokenizer.json')) return null;
  const path = join(folder, 'tokenizer.json');
  const bytes = await readSmallFile({ path, most: maximumTokenizerLength });
  if (bytes === null) return null;
  const raw = createHash('sha256').update(bytes).digest('hex');
  const known = readings.known.get(raw);
  if (known !== undefined) return known;
  let json: unknown;
  try {
    // Far quicker than a decoder that checks while it decodes.
    if (!isUtf8(bytes)) throw new Error('not valid UTF-8');
    json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch (cause) {
    throw new FormatError({ problem: 'not valid JSON', file: path, cause });
  }
  const described = describeTokenizer(json);
  if (described === null)
    throw new FormatError({ problem: 'no tokenizer: it has no model with a vocabulary', file: path });
  const tokenizer = {
    hash: createHash('sha256').update(described.identity).digest('hex'),
    wordsHash: createHash('sha256').update(described.words).digest('hex'),
    size: described.size,
    vocabulary: withVocabulary ? described.vocabulary() : null,
    addedTokens: withVocabulary ? described.addedTokens : null,
  };
  readings.known.set(raw, tokenizer);
  return tokenizer;
}
