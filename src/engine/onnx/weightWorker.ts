// Converts weights in a thread of its own: takes tasks one by one from `convertWeights`, and says what it has done.
import { parentPort, workerData } from 'node:worker_threads';
import { AlidadeError } from '../../core/alidadeError';
import { createAffineQuantiser } from '../../core/quantisation/quantiseAffine4';
import { runTask } from './conversionTask';
import type { ConversionTask } from './conversionTask';
import { OpenFiles } from './openFiles';
import type { WorkerAnswer, WorkerStart } from './workerPool';

const { target } = workerData as WorkerStart;
const sources = new OpenFiles();
const quantiseAffine4 = createAffineQuantiser();
const answer = (message: WorkerAnswer): void => parentPort?.postMessage(message);

parentPort?.on('message', (task: ConversionTask) => {
  try {
    const steps = runTask(task, { target, open: sources.open, quantiseAffine4 });
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) {
        answer({ kind: 'done', loss: value });
        return;
      }
      answer({ kind: 'read', bytes: value });
    }
  } catch (error) {
    answer({ kind: 'failed', ...describe(error) });
  }
});

function describe(error: unknown): { readonly message: string; readonly code?: string; readonly hint?: string } {
  if (error instanceof AlidadeError) {
    const { message, code, hint } = error;
    return { message, code, ...(hint === undefined ? {} : { hint }) };
  }
  if (!(error instanceof Error)) return { message: String(error) };
  return { message: error.message, ...('code' in error ? { code: String(error.code) } : {}) };
}
