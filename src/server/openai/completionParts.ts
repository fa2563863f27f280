import { randomUUID } from 'node:crypto';
import { HttpError } from '../http/httpError';
import type { ModelService, ServedModel } from '../modelService';
import type { TurnQueue } from '../queue/turnQueue';

export interface GenerationRouteParts {
  readonly service: ModelService;
  readonly turns: TurnQueue;
  /** Seconds since 1970. */
  readonly now: () => number;
}

/** What begins every answer and every chunk of it. */
export function completionHead(
  prefix: string,
  created: number,
  { name }: ServedModel,
): { readonly id: string; readonly created: number; readonly model: string } {
  return { id: `${prefix}-${randomUUID().replaceAll('-', '')}`, created, model: name };
}

export function usageOf(counts: { readonly prompt: number; readonly completion: number }): unknown {
  const { prompt, completion } = counts;
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** @throws HttpError 400 when the model cannot continue text. */
export function requireCompletions({ noCompletions }: ServedModel): void {
  if (noCompletions === null) return;
  throw new HttpError({
    status: 400,
    code: 'unsupported',
    message: `${noCompletions}: it answers /v1/rewards and /get_reward; serve a causal language model to generate text`,
  });
}
