import { AlidadeError } from '../core/alidadeError';
import type { OpenRewardModel } from './engineFunctions';
import type { CachedModel } from './modelCache';
import type { RequestPriority } from './requestQueue';

/** A batch that was given up so often is finished then, so that a run comes to its end while somebody keeps pointing. */
const mostInterruptions = 2;

/**
 * The model as a run gets it: its batches wait in the queue behind everything else. One that is under way when somebody
 * points at a row is given up at the next place where the model listens, and begun again after the answer. Every batch
 * begins with nothing kept from earlier rows: its scores are the same to the last bit, whatever came in between.
 */
export function interruptibleModel(
  { model, queue }: CachedModel,
  priority: Exclude<RequestPriority, 'interactive'> = 'run',
): OpenRewardModel {
  return {
    description: model.description,
    explainRow: (row, options, context) => model.explainRow(row, options, context),
    // The model belongs to the cache.
    release: () => Promise.resolve(),
    scoreBatch: async (rows, options, context) => {
      for (let interruptions = 0; ; interruptions += 1) {
        const interruption = new AbortController();
        const signal = AbortSignal.any([context.signal, interruption.signal]);
        const yields = interruptions < mostInterruptions;
        const scored = await queue.enqueue(
          async () => {
            model.forget?.();
            try {
              return await model.scoreBatch(rows, options, { ...context, signal });
            } catch (error) {
              const isInterrupted = interruption.signal.aborted && !context.signal.aborted;
              if (isInterrupted && error instanceof AlidadeError && error.code === 'cancelled') return null;
              throw error;
            }
          },
          {
            priority,
            signal: context.signal,
            ...(yields ? { onOvertaken: () => interruption.abort() } : {}),
          },
        );
        if (scored !== null) return scored;
      }
    },
  };
}
