import { randomUUID } from 'node:crypto';
import { AlidadeError } from '../../core/alidadeError';
import type { Logger, Progress } from '../../core/jobContext';
import type { TrainingState } from '../../core/training/trainingReport';
import type { HeadRunState } from '../../protocol/trainingView';
import { isResumable, isUnderWay, stateAfter } from '../run/unfinishedState';
import type { SidecarClient } from '../sidecar/sidecarClient';
import type { EvaluationJob, HeadRunRecord, TrainingJob } from './headRunRecord';
import type { HeadRunStore } from './headRunStore';

/** What of the process that trains is needed. */
export interface HeadWork {
  use<Result>(work: (client: Pick<SidecarClient, 'trainHead' | 'evaluateHead'>) => Promise<Result>): Promise<Result>;
}

export interface HeadRunsParams {
  readonly process: HeadWork;
  readonly store: HeadRunStore;
  readonly logger: Logger;
  /** A run was added, changed or removed. */
  readonly onChange: (run: HeadRunRecord) => void;
  /** A run has ended by itself. */
  readonly onEnd: (run: HeadRunRecord) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Said of runs that the last window left behind. */
  readonly interruption: string;
}

export type NewHeadRun = Pick<HeadRunRecord, 'head' | 'settings'> & {
  readonly job: Omit<TrainingJob, 'training' | 'resume'> | Omit<EvaluationJob, 'evaluation'>;
};

/** Milliseconds between two writings of what a training has found so far. */
const saveInterval = 3000;

/**
 * Trainings and evaluations of heads in a workspace: one at a time, the others wait. What they have found is in the store,
 * so that it is there again after the window was closed. Knows nothing of the editor.
 */
export class HeadRuns {
  readonly #params: HeadRunsParams;
  #records: readonly HeadRunRecord[] = [];
  #loading: Promise<void> | null = null;
  #active: { readonly id: string; readonly abort: AbortController; ended: Promise<void> } | null = null;
  /** When the record was last written while it ran. */
  #saved = 0;
  #disposed = false;

  constructor(params: HeadRunsParams) {
    this.#params = params;
  }

  /** The newest first. */
  get all(): readonly HeadRunRecord[] {
    return this.#records;
  }

  find(id: string): HeadRunRecord | null {
    return this.#records.find((record) => record.id === id) ?? null;
  }

  /** Reads what earlier windows left. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** @throws AlidadeError `exists` when that head is being trained. */
  async start({ head, settings, job }: NewHeadRun): Promise<HeadRunRecord> {
    await this.load();
    const isTraining = job.kind === 'training';
    if (isTraining && this.#records.some((run) => run.head === head && run.job.kind === 'training' && isUnderWay(run)))
      throw new AlidadeError({ code: 'exists', message: `${head} is being trained already` });
    const record: HeadRunRecord = {
      ...{ head, settings },
      id: randomUUID(),
      created: this.#params.now(),
      job: isTraining ? { ...job, resume: false, training: null } : { ...job, evaluation: null },
      state: { kind: 'waiting' },
    };
    await this.#params.store.save(record);
    this.#records = [record, ...this.#records];
    this.#params.onChange(record);
    this.#next();
    return record;
  }

  /** Resolves once it has stopped; what a training has found stays. */
  async stop(id: string): Promise<void> {
    if (this.find(id)?.state.kind === 'waiting') await this.#set(id, { kind: 'stopped' });
    if (this.#active?.id !== id) return;
    this.#active.abort.abort();
    await this.#active.ended;
  }

  /** Goes on where it stopped, or waits for its turn. */
  async resume(id: string): Promise<void> {
    const record = this.find(id);
    if (record === null || !isResumable(record)) return;
    this.#change(id, ({ job }) => (job.kind === 'training' ? { job: { ...job, resume: true } } : {}));
    await this.#set(id, { kind: 'waiting' });
    this.#next();
  }

  /** Forgets the run, not the head that it made. */
  async remove(id: string): Promise<void> {
    await this.stop(id);
    const record = this.find(id);
    this.#records = this.#records.filter((other) => other.id !== id);
    await this.#params.store.remove(id);
    if (record !== null) this.#params.onChange(record);
  }

  /** Leaves the records as they are: the next window finds the run interrupted. */
  dispose(): void {
    this.#disposed = true;
    this.#active?.abort.abort();
  }

  async #load(): Promise<void> {
    const { store, interruption, onChange } = this.#params;
    const known = new Set(this.#records.map(({ id }) => id));
    const loaded = (await store.load(interruption)).filter(({ id }) => !known.has(id));
    this.#records = [...this.#records, ...loaded];
    loaded.forEach(onChange);
  }

  /** The oldest of those that wait. */
  #next(): void {
    if (this.#active !== null || this.#disposed) return;
    const record = this.#records.findLast(({ state }) => state.kind === 'waiting');
    if (record === undefined) return;
    const abort = new AbortController();
    const active = { id: record.id, abort, ended: Promise.resolve() };
    this.#active = active;
    active.ended = this.#execute(record, abort.signal)
      .catch((error: unknown) => this.#params.logger.error(`the run ${record.id} cannot be kept: ${String(error)}`))
      .finally(() => {
        this.#active = null;
        this.#next();
      });
  }

  async #execute(record: HeadRunRecord, signal: AbortSignal): Promise<void> {
    const { id } = record;
    const began = this.#params.now();
    await this.#set(id, { kind: 'running', progress: null });
    let state: HeadRunState;
    try {
      if (record.job.kind === 'training') await this.#train(record, record.job, signal);
      else await this.#evaluate(record, record.job, signal);
      state = { kind: 'done', seconds: (this.#params.now() - began) / 1000 };
    } catch (error) {
      if (this.#disposed) return;
      state = stateAfter(error);
    }
    await this.#set(id, state);
    const ended = this.find(id);
    if (ended !== null && state.kind !== 'stopped') this.#params.onEnd(ended);
  }

  async #train({ id, head, settings }: HeadRunRecord, job: TrainingJob, signal: AbortSignal): Promise<void> {
    const { text, folders, force, resume } = job;
    const { report } = await this.#params.process.use((client) =>
      client.trainHead(
        { ...settings, text, folders, force, resume, output: head },
        {
          signal,
          progress: (progress) => this.#progress(id, progress),
          onState: (training) => this.#found(id, training),
        },
      ),
    );
    this.#change(id, ({ job: known }) => {
      if (known.kind !== 'training') return {};
      // What was complete already is told by its report alone.
      const stages = known.training?.stages ?? [];
      return { job: { ...known, training: { stages, report } } };
    });
  }

  async #evaluate({ id, head, settings }: HeadRunRecord, job: EvaluationJob, signal: AbortSignal): Promise<void> {
    const { inputs, model } = job;
    const { evaluation } = await this.#params.process.use((client) =>
      client.evaluateHead(
        { ...settings, head, inputs, ...(model === null ? {} : { model }) },
        { signal, progress: (progress) => this.#progress(id, progress) },
      ),
    );
    this.#change(id, () => ({ job: { ...job, evaluation } }));
  }

  #progress(id: string, progress: Progress): void {
    // A late message does not wake what has ended.
    this.#change(id, ({ state }) => (state.kind === 'running' ? { state: { kind: 'running', progress } } : {}));
  }

  #found(id: string, training: TrainingState): void {
    this.#change(id, ({ job }) => (job.kind === 'training' ? { job: { ...job, training } } : {}));
    const now = this.#params.now();
    const record = this.find(id);
    if (record === null || now - this.#saved < saveInterval) return;
    this.#saved = now;
    this.#params.store
      .save(record)
      .catch((error: unknown) => this.#params.logger.warn(`the run ${id} cannot be kept: ${String(error)}`));
  }

  #change(
    id: string,
    changesOf: (record: HeadRunRecord) => Partial<Pick<HeadRunRecord, 'state' | 'job'>>,
  ): HeadRunRecord | null {
    const found = this.find(id);
    if (found === null) return null;
    const record = { ...found, ...changesOf(found) };
    this.#records = this.#records.map((other) => (other.id === id ? record : other));
    this.#params.onChange(record);
    return record;
  }

  async #set(id: string, state: HeadRunState): Promise<void> {
    const record = this.#change(id, () => ({ state }));
    if (record !== null) await this.#params.store.save(record);
  }
}
