import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint, TokenizerSource } from '../../core/checkpoint/checkpoint';
import { readGguf } from '../../core/checkpoint/readGguf';
import { FormatError } from '../../core/formatError';
import { rebuildGgufTokenizer } from '../../core/tokenizer/rebuildGgufTokenizer';
import { withFile } from './fileByteSource';
import { templateOfConfig } from './readChatTemplate';
import { readSmallFile } from './readSmallFile';

/** Bytes; vocabularies of 256,000 tokens have 35 MB. */
const maximumTokenizerLength = 256_000_000;
const maximumTextLength = 16_000_000;

/**
 * The texts from which the checkpoint's tokenizer and chat template are made.
 * @throws AlidadeError `not_found` without tokenizer.json, FormatError for what is not JSON.
 */
export async function readTokenizerSource(checkpoint: Checkpoint): Promise<TokenizerSource> {
  const { format, path: folder } = checkpoint.textSource ?? checkpoint;
  if (format === 'gguf') {
    return withFile(folder, async (source) => rebuildGgufTokenizer((await readGguf(source)).metadata, folder));
  }
  return readTokenizerFiles(folder, (name, most) => readSmallFile({ path: join(folder, name), most }));
}

/** The bytes of a file of a checkpoint, of which there may be so many at most; null: there is none of that name. */
export type ReadCheckpointFile = (name: string, most: number) => Promise<Uint8Array | null>;

/**
 * The same from the files of a checkpoint in the Hugging Face layout, wherever they are; `folder` names it in errors.
 * @throws AlidadeError `not_found` without tokenizer.json, FormatError for what is not JSON.
 */
export async function readTokenizerFiles(folder: string, read: ReadCheckpointFile): Promise<TokenizerSource> {
  const readJson = async (name: string, most: number): Promise<Record<string, unknown> | null> =>
    parseJsonObject(await read(name, most), join(folder, name));
  const tokenizerJson = await readJson('tokenizer.json', maximumTokenizerLength);
  if (tokenizerJson === null) {
    throw new AlidadeError({
      code: 'not_found',
      message: `${folder} has no tokenizer.json`,
      hint: 'save the tokenizer with a fast tokenizer class of transformers',
    });
  }
  const tokenizerConfig = (await readJson('tokenizer_config.json', maximumTextLength)) ?? {};
  const template = await read('chat_template.jinja', maximumTextLength);
  const chatTemplate =
    template === null ? templateOfConfig(tokenizerConfig['chat_template']) : new TextDecoder().decode(template);
  return { tokenizerJson, tokenizerConfig, chatTemplate };
}

function parseJsonObject(bytes: Uint8Array | null, path: string): Record<string, unknown> | null {
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError({ problem: 'not valid JSON', file: path, cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError({ problem: 'not a JSON object', file: path });
  }
  return value as Record<string, unknown>;
}
