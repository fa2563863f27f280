import type { Progress } from '../../core/jobContext';
import type { ExplainedRow } from '../../core/reward/explainedRow';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type {
  DoctorResult,
  DownloadModelParams,
  DownloadModelResult,
  FetchStarterResult,
  ListCheckpointsResult,
  ModelSelection,
  ProgressParams,
  RowParams,
  ScoreRowResult,
} from '../../protocol/sidecar';
import {
  describeModelRequest,
  doctorRequest,
  downloadModelRequest,
  explainRowRequest,
  fetchStarterRequest,
  listCheckpointsRequest,
  scoreRowRequest,
} from '../../protocol/sidecar';
import type { SidecarState, SidecarSupervisorParams } from './sidecarSupervisor';
import { SidecarSupervisor } from './sidecarSupervisor';

/** How a caller follows and stops its request. */
export interface CallContext {
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
}

export type RowRequest = Omit<RowParams, 'requestToken'>;

/** One method per request of the protocol. Starts the process at the first one. */
export class SidecarClient {
  readonly #supervisor: SidecarSupervisor;
  readonly #listeners = new Map<string, (progress: Progress) => void>();
  #lastToken = 0;

  constructor(params: Omit<SidecarSupervisorParams, 'onProgress'>) {
    this.#supervisor = new SidecarSupervisor({ ...params, onProgress: (progress) => this.#onProgress(progress) });
  }

  get state(): SidecarState {
    return this.#supervisor.state;
  }

  describeModel(model: ModelSelection, context: CallContext): Promise<RewardModelDescription> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(describeModelRequest, { model, requestToken }, context.signal),
    );
  }

  scoreRow(params: RowRequest, context: CallContext): Promise<ScoreRowResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(scoreRowRequest, { ...params, requestToken }, context.signal),
    );
  }

  explainRow(params: RowRequest, context: CallContext): Promise<ExplainedRow> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(explainRowRequest, { ...params, requestToken }, context.signal),
    );
  }

  listCheckpoints(folders: readonly string[], context: CallContext): Promise<ListCheckpointsResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(listCheckpointsRequest, { folders, requestToken }, context.signal),
    );
  }

  fetchStarter(context: CallContext): Promise<FetchStarterResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(fetchStarterRequest, { requestToken }, context.signal),
    );
  }

  downloadModel(params: Omit<DownloadModelParams, 'requestToken'>, context: CallContext): Promise<DownloadModelResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(downloadModelRequest, { ...params, requestToken }, context.signal),
    );
  }

  doctor(context: CallContext): Promise<DoctorResult> {
    return this.#call(context, (requestToken) =>
      this.#supervisor.request(doctorRequest, { requestToken }, context.signal),
    );
  }

  restart(): Promise<void> {
    return this.#supervisor.restart();
  }

  stop(): Promise<void> {
    return this.#supervisor.stop();
  }

  dispose(): void {
    this.#supervisor.dispose();
  }

  async #call<Result>(context: CallContext, send: (requestToken: string) => Promise<Result>): Promise<Result> {
    this.#lastToken += 1;
    const requestToken = String(this.#lastToken);
    if (context.progress !== undefined) this.#listeners.set(requestToken, context.progress);
    try {
      return await send(requestToken);
    } finally {
      this.#listeners.delete(requestToken);
    }
  }

  #onProgress({ requestToken, ...progress }: ProgressParams): void {
    this.#listeners.get(requestToken)?.(progress);
  }
}
