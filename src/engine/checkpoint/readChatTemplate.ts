import { join } from 'node:path';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import { readGguf } from '../../core/checkpoint/readGguf';
import { FormatError } from '../../core/formatError';
import { withFile } from './fileByteSource';
import { readSmallFile } from './readSmallFile';

const maximumTextLength = 16_000_000;

/**
 * The chat template alone, without reading the vocabulary: chat_template.jinja, else `chat_template` of
 * tokenizer_config.json, else the GGUF's; null when the checkpoint has none.
 */
export async function readChatTemplate(
  checkpoint: Pick<Checkpoint, 'path' | 'format' | 'textSource'>,
): Promise<string | null> {
  const { format, path: location } = checkpoint.textSource ?? checkpoint;
  if (format === 'gguf') {
    const { metadata } = await withFile(location, readGguf);
    const template = metadata.get('tokenizer.chat_template');
    return typeof template === 'string' ? template : null;
  }
  const own = await readSmallFile({ path: join(location, 'chat_template.jinja'), most: maximumTextLength });
  if (own !== null) return new TextDecoder().decode(own);
  const path = join(location, 'tokenizer_config.json');
  const config = await readSmallFile({ path, most: maximumTextLength });
  if (config === null) return null;
  try {
    const value = JSON.parse(new TextDecoder().decode(config)) as { readonly chat_template?: unknown } | null;
    return templateOfConfig(value?.chat_template);
  } catch (cause) {
    throw new FormatError({ problem: 'not valid JSON', file: path, cause });
  }
}

/** A text, or (models with several) a list of named ones, of which `default` counts. */
export function templateOfConfig(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return null;
  for (const item of value as unknown[]) {
    if (typeof item !== 'object' || item === null) continue;
    const { name, template } = item as { readonly name?: unknown; readonly template?: unknown };
    if (name === 'default' && typeof template === 'string') return template;
  }
  return null;
}
