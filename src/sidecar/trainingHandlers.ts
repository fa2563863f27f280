import type { CancellationToken, MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import type { JobContext } from '../core/jobContext';
import type { TrainingState } from '../core/training/trainingReport';
import type { WireErrorData } from '../protocol/sidecar';
import {
  evaluateHeadRequest,
  exportHeadRequest,
  listHeadsRequest,
  readDataFieldsRequest,
  readHeadRequest,
  saveHeadRequest,
  trainHeadRequest,
  trainingStateNotification,
} from '../protocol/sidecarTraining';
import type { EngineFunctions } from './engineFunctions';

export interface TrainingHandlersParams {
  readonly connection: MessageConnection;
  readonly engine: Pick<
    EngineFunctions,
    'trainHead' | 'evaluateHead' | 'exportHead' | 'saveHead' | 'readHead' | 'listHeads' | 'readDataFields'
  >;
  readonly job: (requestToken: string, token: CancellationToken) => JobContext;
  /** Turns what is thrown into a wire error. */
  readonly answer: <Result>(work: () => Promise<Result>) => Promise<Result | ResponseError<WireErrorData>>;
}

/** Milliseconds between two states of one training: a page cannot show more. */
const stateInterval = 150;

/** Binds the requests that concern heads. */
export function registerTrainingHandlers({ connection, engine, job, answer }: TrainingHandlersParams): void {
  connection.onRequest(trainHeadRequest, ({ requestToken, ...params }, token) =>
    answer(async () => {
      const states = new LatestState((state) => {
        void connection.sendNotification(trainingStateNotification, { requestToken, state });
      });
      try {
        return {
          report: await engine.trainHead(
            { ...params, onState: (state) => states.tell(state) },
            job(requestToken, token),
          ),
        };
      } finally {
        states.flush();
      }
    }),
  );
  connection.onRequest(evaluateHeadRequest, ({ requestToken, ...params }, token) =>
    answer(async () => ({ evaluation: await engine.evaluateHead(params, job(requestToken, token)) })),
  );
  connection.onRequest(exportHeadRequest, ({ requestToken, ...params }, token) =>
    answer(() => engine.exportHead(params, job(requestToken, token))),
  );
  connection.onRequest(saveHeadRequest, ({ requestToken, ...params }, token) =>
    answer(async () => {
      await engine.saveHead(params, job(requestToken, token));
      return null;
    }),
  );
  connection.onRequest(readHeadRequest, ({ path }) => answer(() => engine.readHead(path)));
  connection.onRequest(listHeadsRequest, ({ requestToken, folders }, token) =>
    answer(async () => ({ heads: await engine.listHeads(folders, job(requestToken, token)) })),
  );
  connection.onRequest(readDataFieldsRequest, ({ requestToken, ...params }, token) =>
    answer(async () => ({ files: await engine.readDataFields(params, job(requestToken, token)) })),
  );
}

/** Passes states on, but not more often than anybody can see; the last one always. */
class LatestState {
  #sent = -Infinity;
  #waiting: TrainingState | null = null;

  constructor(private readonly send: (state: TrainingState) => void) {}

  /** The next state, or the end, sends what was held back: training is synchronous for long, so a timer would come late. */
  tell(state: TrainingState): void {
    const now = Date.now();
    this.#waiting = state;
    if (now - this.#sent < stateInterval) return;
    this.#sent = now;
    this.flush();
  }

  flush(): void {
    if (this.#waiting === null) return;
    this.send(this.#waiting);
    this.#waiting = null;
  }
}
