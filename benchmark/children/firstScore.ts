import { createTokenizer } from '../../src/core/tokenizer/tokenizer';
import { openCheckpoint } from '../../src/engine/checkpoint/openCheckpoint';
import { readTokenizerSource } from '../../src/engine/checkpoint/readTokenizerSource';
import { starterPath } from '../../src/engine/checkpoint/starterFile';
import { openRewardModel } from '../../src/engine/reward/openRewardModel';
import { benchmarkContext } from '../support/benchmarkContext';

// A fresh process up to the first score of a short pair, as the sidecar does it; prints seconds as one line of JSON.
// With `parts` the pieces of opening are timed by themselves first.

async function main(): Promise<void> {
  const loaded = performance.now(); // since the process started
  const parts: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T> | T): Promise<T> => {
    const start = performance.now();
    const value = await work();
    parts[name] = (performance.now() - start) / 1000;
    return value;
  };
  if (process.argv[2] === 'parts') {
    const checkpoint = await timed('checkpoint', () => openCheckpoint(starterPath(), benchmarkContext));
    const source = await timed('tokenizerSource', () => readTokenizerSource(checkpoint));
    await timed('tokenizer', () => createTokenizer(source));
  }
  const params = { reference: 'starter', device: 'auto', dtype: 'auto' } as const;
  const model = await timed('open', () => openRewardModel(params, benchmarkContext));
  const user = { role: 'user', content: 'How does a compass find north?' } as const;
  const textOf = (content: string) => ({ kind: 'messages', messages: [user, { role: 'assistant', content }] }) as const;
  const chosen = textOf('Its needle follows the magnetic field of the earth.');
  const rejected = textOf('I would rather talk about soup.');
  const row = { kind: 'pair', id: '1', chosen, rejected } as const;
  await timed('firstScore', () => model.scoreRow(row, {}, benchmarkContext));
  await timed('secondScore', () => model.scoreRow({ ...row, rejected: textOf('It just does.') }, {}, benchmarkContext));
  const total = parts['open'];
  parts['load'] = loaded / 1000;
  parts['total'] = loaded / 1000 + total + parts['firstScore'];
  console.log(JSON.stringify({ ...parts, mode: model.description.mode }));
}

void main();
