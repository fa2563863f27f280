import { AlidadeError } from '../core/alidadeError';
import type { JobContext, Logger, Progress } from '../core/jobContext';
import type { OpenModelParams, OpenRewardModel } from './engineFunctions';
import type { InteractiveWork } from './interactiveWork';
import { RequestQueue } from './requestQueue';

/** An open model and the queue of its requests. */
export interface CachedModel<Model = OpenRewardModel> {
  readonly model: Model;
  readonly queue: RequestQueue;
}

interface Releasable {
  readonly description: { readonly name: string };
  release(): Promise<void>;
}

/** Progress of an opening, for everybody who waits for it, also those who come later. */
interface OpeningSteps {
  readonly listeners: Set<(progress: Progress) => void>;
  last: Progress | null;
}

interface Entry<Model> {
  readonly opening: Promise<CachedModel<Model>>;
  /** Aborts the opening when nobody waits for it any more. */
  readonly abort: AbortController;
  readonly steps: OpeningSteps;
  /** Requests that wait for the opening or use the model. */
  users: number;
  opened: boolean;
  replaced: boolean;
  released: boolean;
}

export interface ModelCacheParams<Model> {
  readonly open: (params: OpenModelParams, context: JobContext) => Promise<Model>;
  readonly maxModels: number;
  readonly logger: Logger;
  /** Counts what is interactive in the queues of the models. */
  readonly work?: InteractiveWork;
}

/** At most `maxModels` open models; requests for one model share its opening; a replaced one is released when idle. */
export class ModelCache<Model extends Releasable = OpenRewardModel> {
  readonly #entries = new Map<string, Entry<Model>>();
  readonly #params: ModelCacheParams<Model>;

  constructor(params: ModelCacheParams<Model>) {
    this.#params = params;
  }

  /** Keeps the model open until `use` has settled. */
  async withModel<Result>(
    params: OpenModelParams,
    context: JobContext,
    use: (cached: CachedModel<Model>) => Promise<Result>,
  ): Promise<Result> {
    const entry = this.#entryFor(params);
    entry.users += 1;
    if (!entry.opened) {
      entry.steps.listeners.add(context.progress);
      if (entry.steps.last !== null) context.progress(entry.steps.last);
    }
    try {
      const cached = await settledOrCancelled(entry.opening, context.signal);
      entry.steps.listeners.delete(context.progress);
      return await use(cached);
    } finally {
      entry.steps.listeners.delete(context.progress);
      entry.users -= 1;
      if (entry.users === 0 && !entry.opened) entry.abort.abort();
      if (entry.users === 0 && entry.replaced) void this.#release(entry);
    }
  }

  async releaseAll(): Promise<void> {
    for (const key of [...this.#entries.keys()]) await this.#replace(key);
  }

  #entryFor(params: OpenModelParams): Entry<Model> {
    const key = JSON.stringify([
      params.reference,
      params.headPath,
      params.judge ?? false,
      params.device,
      params.dtype,
      params.threads,
      params.cwd,
    ]);
    const found = this.#entries.get(key);
    if (found !== undefined && !found.abort.signal.aborted) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found;
    }
    const entry = this.#open(key, params);
    this.#entries.set(key, entry);
    for (const oldest of [...this.#entries.keys()]) {
      if (this.#entries.size <= this.#params.maxModels) break;
      void this.#replace(oldest);
    }
    return entry;
  }

  #open(key: string, params: OpenModelParams): Entry<Model> {
    const abort = new AbortController();
    const steps: OpeningSteps = { listeners: new Set(), last: null };
    const opening = this.#params
      .open(params, {
        signal: abort.signal,
        progress: (progress) => {
          steps.last = progress;
          for (const listener of steps.listeners) listener(progress);
        },
        logger: this.#params.logger,
      })
      .then((model) => ({ model, queue: new RequestQueue(this.#params.work) }));
    const entry: Entry<Model> = { opening, abort, steps, users: 0, opened: false, replaced: false, released: false };
    opening.then(
      () => {
        entry.opened = true;
        // Nobody waited for the end of a cancelled opening: what it made must not stay.
        if (abort.signal.aborted) void this.#release(entry);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry;
  }

  async #replace(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    entry.replaced = true;
    if (entry.users === 0) await this.#release(entry);
  }

  async #release(entry: Entry<Model>): Promise<void> {
    if (entry.released) return;
    entry.released = true;
    try {
      const { model } = await entry.opening;
      await model.release();
      this.#params.logger.info(`closed ${model.description.name}`);
    } catch (error) {
      // A model that never opened has nothing to release, and its error has gone to whoever asked for it.
      this.#params.logger.debug(`nothing to close: ${String(error)}`);
    }
  }
}

function settledOrCancelled<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const onAbort = (): void => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
