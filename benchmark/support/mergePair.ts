import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint';
import { seededRandom } from '../../src/core/seededRandom';
import { readTokenizerSource } from '../../src/engine/checkpoint/readTokenizerSource';
import { exportBody } from './exportBody';

/** Relative to the root mean square of a tensor. */
const NOISE = 0.05;

/**
 * Two BF16 checkpoints of the starter's shapes with its tokenizer and chat template: its own weights, and the same with
 * noise on them. The starter itself is quantised and cannot be merged.
 */
export async function writeStarterPair(
  starter: Checkpoint,
): Promise<{ readonly before: string; readonly after: string }> {
  const random = seededRandom(17);
  const before = await exportBody(starter, { dtype: 'BF16' });
  const after = await exportBody(starter, {
    dtype: 'BF16',
    change: (values) => {
      const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
      for (let i = 0; i < values.length; i++) values[i] += NOISE * size * Math.sqrt(12) * (random() - 0.5);
    },
  });
  const { tokenizerJson, tokenizerConfig, chatTemplate } = await readTokenizerSource(starter);
  for (const folder of [before, after]) {
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizerConfig));
    if (chatTemplate !== null) await writeFile(join(folder, 'chat_template.jinja'), chatTemplate);
  }
  return { before, after };
}
