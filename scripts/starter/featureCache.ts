// Features are made once and kept: a file of records, 32 bytes of key and the pooled hidden state in F32.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { JobContext } from '../../src/core/jobContext';
import { openFeatureModel } from '../../src/engine/reward/openRewardModel';
import type { LabelledText } from './labelledText';

export const BODY = {
  name: 'SmolLM2-135M-Instruct',
  hiddenSize: 576,
  hash: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
} as const;
/** The mean over the response tokens of the residual stream after layer 20. */
export const POOLING = { kind: 'mean', layer: 20 } as const;
/** Longer conversations lose their beginning. */
const MAX_TOKENS = 512;

type Messages = LabelledText['messages'];

export interface FeatureParams {
  /** Reference of the body: `starter` or a path. */
  readonly model: string;
  readonly cachePath: string;
  readonly conversations: readonly Messages[];
}

/** Features of every conversation, [hidden] each, from the cache or from the model. */
export async function loadFeatures(
  { model, cachePath, conversations }: FeatureParams,
  context: JobContext,
): Promise<(messages: Messages) => Float32Array> {
  const known = readCache(cachePath);
  const missing = new Map(
    conversations.map((messages) => [keyOf(messages), messages] as const).filter(([key]) => !known.has(key)),
  );
  if (0 < missing.size) {
    await addFeatures({ model, cachePath, missing, known }, context);
  }
  return (messages) => {
    const features = known.get(keyOf(messages));
    if (features === undefined) {
      throw new Error('features were asked for that were not made');
    }
    return features;
  };
}

interface MissingFeatures {
  readonly model: string;
  readonly cachePath: string;
  readonly missing: ReadonlyMap<string, Messages>;
  readonly known: Map<string, Float32Array>;
}

async function addFeatures({ model, cachePath, missing, known }: MissingFeatures, context: JobContext): Promise<void> {
  mkdirSync(dirname(cachePath), { recursive: true });
  const opened = await openFeatureModel(
    { reference: model, pooling: { ...POOLING, position: 'last-unpadded' }, device: 'cpu', dtype: 'f32' },
    context,
  );
  let done = 0;
  for (const [key, messages] of missing) {
    const pooled = await opened.poolFeatures(
      { kind: 'messages', messages },
      { maxTokens: MAX_TOKENS, truncate: true },
      context,
    );
    const features = Float32Array.from(pooled);
    known.set(key, features);
    appendFileSync(cachePath, Buffer.concat([Buffer.from(key, 'hex'), Buffer.from(features.buffer)]));
    done++;
    context.progress({ message: 'Reading texts', done, total: missing.size, unit: 'rows' });
  }
  await opened.release();
}

function readCache(cachePath: string): Map<string, Float32Array> {
  const known = new Map<string, Float32Array>();
  if (!existsSync(cachePath)) {
    return known;
  }
  const bytes = readFileSync(cachePath);
  const recordSize = 32 + 4 * BODY.hiddenSize;
  for (let start = 0; start + recordSize <= bytes.length; start += recordSize) {
    const values = bytes.subarray(start + 32, start + recordSize);
    known.set(bytes.toString('hex', start, start + 32), new Float32Array(Uint8Array.from(values).buffer));
  }
  return known;
}

function keyOf(messages: Messages): string {
  const content = JSON.stringify([
    BODY.hash,
    POOLING,
    MAX_TOKENS,
    messages.map(({ role, content }) => [role, content]),
  ]);
  return createHash('sha256').update(content).digest('hex');
}
