import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/core/checkpoint/writeSafetensors';
import { seededRandom } from '../../src/core/seededRandom';

/** A linear head with random weights on the last token after the final norm: the hardest case for a number format. */
export interface RandomHead {
  readonly folder: string;
  readonly path: string;
  readonly weight: Float32Array; // [hidden]
}

/** Writes the head into a temporary folder, which is the caller's to remove. */
export function writeRandomHead(hiddenSize: number, seed = 1): RandomHead {
  const random = seededRandom(seed);
  const weight = Float32Array.from({ length: hiddenSize }, () => random() * 2 - 1);
  const metadata = {
    version: 1,
    name: 'random linear head',
    objectives: [{ name: 'random', kind: 'linear' }],
    pooling: { kind: 'last', layer: 'final' },
    body: { name: 'any', hiddenSize },
  };
  const folder = mkdtempSync(join(tmpdir(), 'alidade-benchmark-'));
  const path = join(folder, 'head.safetensors');
  const tensors = [
    { name: 'weight', shape: [1, hiddenSize], values: weight },
    { name: 'bias', shape: [1], values: new Float32Array(1) },
  ];
  writeFileSync(path, writeSafetensors(tensors, { alidade: JSON.stringify(metadata) }));
  return { folder, path, weight };
}

/** The score of a last hidden state. */
export function applyRandomHead({ weight }: RandomHead, state: readonly number[]): number {
  return state.reduce((sum, value, index) => sum + value * weight[index], 0);
}
