import { existsSync } from 'node:fs';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint';
import type { Tokenizer } from '../../src/core/tokenizer/tokenizer';
import { createTokenizer } from '../../src/core/tokenizer/tokenizer';
import { openUsableCheckpoint } from '../../src/engine/checkpoint/openUsableCheckpoint';
import { readTokenizerSource } from '../../src/engine/checkpoint/readTokenizerSource';
import { starterPath } from '../../src/engine/checkpoint/starterFile';
import { benchmarkContext } from './benchmarkContext';

/** The starter model and its tokenizer; says how to fetch it where it is not there. */
export async function openStarter(): Promise<{ readonly checkpoint: Checkpoint; readonly tokenizer: Tokenizer }> {
  if (!existsSync(starterPath())) throw new Error('the starter is not there: node dist/cli.js starter fetch');
  const { checkpoint } = await openUsableCheckpoint({ reference: starterPath() }, benchmarkContext);
  return { checkpoint, tokenizer: createTokenizer(await readTokenizerSource(checkpoint)) };
}
