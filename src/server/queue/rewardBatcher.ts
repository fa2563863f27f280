import { AlidadeError } from '../../core/alidadeError';
import type { ScorableInput, ScorableRow } from '../../core/promptFile/scorableRow';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import type { ModelService, RewardOptions } from '../modelService';
import { ClientTurns } from './clientTurns';

export interface RewardRequest {
  readonly client: string;
  readonly rows: readonly ScorableRow[];
  readonly options: RewardOptions;
  readonly signal: AbortSignal;
}

interface Job extends RewardRequest {
  /** Rows with equal options can share a batch. */
  readonly optionsKey: string;
  readonly results: ScoredRow[];
  /** Rows given to a batch. */
  given: number;
  /** Rows that have their result. */
  done: number;
  settle(error?: unknown): void;
}

interface Place {
  readonly job: Job;
  readonly index: number;
}

/** What a batch may hold, so that one that has just come need not wait long for the next. */
const maxRows = 64;
const maxCharacters = 100_000;

/**
 * Scores the rows of all requests in common batches, one batch at a time. Each batch takes the rows of the clients in
 * turn, so that a request with one row waits for one batch and not for the thousand rows of another client.
 */
export class RewardBatcher {
  readonly #waiting = new ClientTurns<Job>();
  readonly #scoreBatch: ModelService['scoreBatch'];
  #batch: { readonly jobs: Set<Job>; readonly controller: AbortController } | null = null;

  constructor(service: Pick<ModelService, 'scoreBatch'>) {
    this.#scoreBatch = (...args) => service.scoreBatch(...args);
  }

  /**
   * One result a row, in their order.
   * @throws AlidadeError `cancelled`, or what concerns all rows.
   */
  score(request: RewardRequest): Promise<readonly ScoredRow[]> {
    const { rows, signal } = request;
    if (rows.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#settle(job, new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
      const job: Job = {
        ...request,
        optionsKey: JSON.stringify(request.options),
        results: [],
        given: 0,
        done: 0,
        settle: (error) => {
          signal.removeEventListener('abort', onAbort);
          if (error === undefined) resolve(job.results);
          else reject(error);
        },
      };
      this.#waiting.add(job);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      void this.#drain();
    });
  }

  /** Refuses every request of which no row has been begun. */
  refuseWaiting(error: Error): void {
    for (const job of this.#waiting.list().flat()) {
      if (job.given === 0) this.#settle(job, error);
    }
  }

  /** Takes a job out; a batch that nobody waits for any more is stopped. */
  #settle(job: Job, error?: unknown): void {
    this.#waiting.remove(job);
    job.settle(error);
    if (this.#batch === null || !this.#batch.jobs.delete(job)) return;
    if (this.#batch.jobs.size === 0) this.#batch.controller.abort();
  }

  async #drain(): Promise<void> {
    if (this.#batch !== null) return;
    while (0 < this.#waiting.size) {
      const places = this.#collect();
      const batch = { jobs: new Set(places.map(({ job }) => job)), controller: new AbortController() };
      this.#batch = batch;
      await this.#run(places, batch.controller.signal);
      this.#batch = null;
    }
  }

  /** The next batch: one row of each client in turn, and again, as long as they fit. */
  #collect(): readonly Place[] {
    const clients = this.#waiting.list();
    const optionsKey = clients[0]?.[0]?.optionsKey;
    const places: Place[] = [];
    let characters = 0;
    for (let isGrowing = true; isGrowing;) {
      isGrowing = false;
      for (const jobs of clients) {
        const job = jobs.find(
          (candidate) => candidate.optionsKey === optionsKey && candidate.given < candidate.rows.length,
        );
        const row = job?.rows[job.given];
        if (job === undefined || row === undefined) continue;
        characters += charactersOf(row);
        if (0 < places.length && (maxRows <= places.length || maxCharacters < characters)) {
          for (const { job: served } of places) this.#waiting.pass(served.client);
          return places;
        }
        places.push({ job, index: job.given });
        job.given += 1;
        isGrowing = true;
      }
    }
    for (const { job } of places) this.#waiting.pass(job.client);
    return places;
  }

  async #run(places: readonly Place[], signal: AbortSignal): Promise<void> {
    const [first] = places;
    const jobs = new Set(places.map(({ job }) => job));
    try {
      const rows = places.map(({ job, index }) => job.rows[index]);
      const results = await this.#scoreBatch(rows, first.job.options, signal);
      for (const [at, { job, index }] of places.entries()) {
        job.results[index] = results[at];
        job.done += 1;
      }
      for (const job of jobs) if (job.done === job.rows.length) this.#settle(job);
    } catch (error) {
      for (const job of jobs) this.#settle(job, error);
    }
  }
}

function charactersOf(row: ScorableRow): number {
  switch (row.kind) {
    case 'single':
      return lengthOf(row.input);
    case 'pair':
      return lengthOf(row.chosen) + lengthOf(row.rejected);
    case 'list':
      return row.responses.reduce((sum, input) => sum + lengthOf(input), 0);
  }
}

function lengthOf(input: ScorableInput): number {
  switch (input.kind) {
    case 'messages':
      return input.messages.reduce((sum, { content }) => sum + content.length, 0);
    case 'text':
      return input.text.length;
    case 'ids':
      return 4 * input.ids.length;
  }
}
