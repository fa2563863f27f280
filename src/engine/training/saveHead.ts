import { basename, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { writeHeadFile } from '../../core/checkpoint/writeHeadFile';
import type { JobContext } from '../../core/jobContext';
import { isAdjusted, type GateAdjustment } from '../../core/reward/gateAdjustment';
import type { HeadFile, HeadFileMetadata } from '../../core/reward/headFile';
import { parseHubReference } from '../checkpoint/hubCache';
import { loadHeadFile } from '../checkpoint/loadHeadFile';
import { openUsableCheckpoint } from '../checkpoint/openUsableCheckpoint';
import { replaceFile } from '../replaceFile';
import { openHead } from '../reward/openHead';
import { modelHashOf } from '../reward/rewardModel';
import { readOwnHead } from './ownHead';

export interface SaveHeadParams {
  /** The model whose head it was; see `openRewardModel`. */
  readonly reference: string;
  readonly headPath?: string | undefined;
  readonly cwd?: string | undefined;
  /** `RewardModelDescription.hash` of the model that was shown. */
  readonly modelHash: string;
  /** Coefficients by objective; of a head without a gate all of them. */
  readonly coefficients: Readonly<Record<string, number>>;
  /** Of a head with a gate. */
  readonly adjustment: GateAdjustment;
  /** Absolute path of the head file, which is replaced at once if it is there. */
  readonly output: string;
}

/**
 * Writes a model's head with other weights as a head file: with it the body scores what was shown.
 * @throws AlidadeError `usage` when the model is another one by now, `unsupported` for heads that a head file cannot say,
 * and as `openUsableCheckpoint` and `replaceFile`.
 */
export async function saveHead(params: SaveHeadParams, context: JobContext): Promise<void> {
  const { reference, output, modelHash, cwd = process.cwd() } = params;
  const { checkpoint, headPath } = await openUsableCheckpoint({ ...params, cwd }, context);
  const { hash, prompt } = await openHead(checkpoint, headPath);
  const headHash = prompt === null ? hash : `${hash} ${prompt.name}`;
  if (modelHashOf(checkpoint, headHash) !== modelHash) {
    throw new AlidadeError({
      code: 'usage',
      message: `${checkpoint.name} has changed since the row was scored`,
      hint: 'score the row again, then save',
    });
  }
  const own = headPath === null ? await readOwnHead(checkpoint) : await loadHeadFile(headPath);
  const isByName =
    reference === 'starter' || (parseHubReference(reference) !== null && checkpoint.path !== resolve(cwd, reference));
  const name = basename(output).replace(/\.safetensors$/, '');
  const body = { ...(isByName ? { reference } : {}), ...own.metadata.body };
  await replaceFile(output, writeHeadFile(withWeights(own, { ...own.metadata, name, body }, params)));
}

function withWeights(
  { weight, bias, gate }: Omit<HeadFile, 'path'>,
  metadata: HeadFileMetadata,
  { coefficients, adjustment }: SaveHeadParams,
): Omit<HeadFile, 'path'> {
  const { objectives } = metadata;
  if (gate === null || metadata.gate === undefined) {
    const weights = objectives.map(({ name }) => (Object.hasOwn(coefficients, name) ? coefficients[name] : undefined));
    const missing = weights.indexOf(undefined);
    if (0 <= missing)
      throw new AlidadeError({ code: 'usage', message: `there is no weight for ${objectives[missing].name}` });
    return { metadata: { ...metadata, coefficients: weights as number[] }, weight, bias, gate: null };
  }
  const transform = Array.from(gate.transform);
  if (!isAdjusted(adjustment, { temperature: metadata.gate.temperature, transform })) {
    return { metadata, weight, bias, gate };
  }
  // Factors on the rows of M are factors on c = g·Mᵀ.
  const count = objectives.length;
  const factors = objectives.map(({ name }) =>
    Object.hasOwn(adjustment.factors, name) ? adjustment.factors[name] : 1,
  );
  const weighed = Float32Array.from(transform, (value, at) => value * factors[Math.floor(at / count)]);
  const temperature = adjustment.temperature ?? metadata.gate.temperature;
  return {
    metadata: { ...metadata, gate: { ...metadata.gate, temperature } },
    weight,
    bias,
    gate: { ...gate, transform: weighed },
  };
}
