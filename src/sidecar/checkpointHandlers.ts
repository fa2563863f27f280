import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../core/alidadeError';
import type { JobContext } from '../core/jobContext';
import type { WireErrorData } from '../protocol/sidecar';
import {
  compareWeightsRequest,
  layerDifferenceNotification,
  measureTensorRequest,
  readTensorFileRequest,
} from '../protocol/sidecarCheckpoint';
import type { EngineFunctions } from './engineFunctions';

export interface CheckpointHandlersParams {
  readonly connection: MessageConnection;
  readonly engine: Pick<EngineFunctions, 'readTensorFile' | 'measureTensor' | 'compareWeights'>;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
}

/** Binds the requests that look at the tensors of files. */
export function registerCheckpointHandlers({ connection, engine, job, answer }: CheckpointHandlersParams): void {
  connection.onRequest(readTensorFileRequest, ({ path, requestToken }, token) =>
    answer(() => engine.readTensorFile(path, job(requestToken, token))),
  );
  connection.onRequest(measureTensorRequest, ({ path, tensor, requestToken }, token) =>
    answer(async () => {
      const context = job(requestToken, token);
      // The headers once more: the file may be another one by now.
      const { tensors } = await engine.readTensorFile(path, context);
      const entry = tensors.find(({ name }) => name === tensor);
      if (entry === undefined) {
        throw new AlidadeError({
          code: 'weights',
          message: `${path} has no tensor ${tensor} any more`,
          hint: 'open the file again: it has changed',
        });
      }
      return engine.measureTensor(entry, context);
    }),
  );
  connection.onRequest(compareWeightsRequest, ({ requestToken, first, second, cwd = process.cwd() }, token) =>
    answer(() =>
      engine.compareWeights(
        {
          first,
          second,
          cwd,
          onLayer: (layer) => void connection.sendNotification(layerDifferenceNotification, { requestToken, layer }),
        },
        job(requestToken, token),
      ),
    ),
  );
}
