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
  const tokenizerJson = await readJsonObject({ path: join(folder, 'tokenizer.json'), most: maximumTokenizerLength });
  if (tokenizerJson === null) {
    throw new AlidadeError({
      code: 'not_found',
      message: `${folder} has no tokenizer.json`,
      hint: 'save the tokenizer with a fast tokenizer class of transformers',
    });
  }
  const tokenizerConfig =
    (await readJsonObject({ path: join(folder, 'tokenizer_config.json'), most: maximumTextLength })) ?? {};
  const template = await readSmallFile({ path: join(folder, 'chat_template.jinja'), most: maximumTextLength });
  const chatTemplate =
    template === null ? templateOfConfig(tokenizerConfig['chat_template']) : new TextDecoder().decode(template);
  return { tokenizerJson, tokenizerConfig, chatTemplate };
}

async function readJsonObject(params: {
  readonly path: string;
  readonly most: number;
}): Promise<Record<string, unknown> | null> {
  const bytes = await readSmallFile(params);
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError({ problem: 'not valid JSON', file: params.path, cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError({ problem: 'not a JSON object', file: params.path });
  }
  return value as Record<string, unknown>;
}
