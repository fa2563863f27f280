import type { Logger, Progress } from '../../core/jobContext';
import type { RunState } from '../../protocol/datasetView';
import type { FinishedRun } from '../reward/labelledPairs';
import type { ScoreSettings } from '../reward/readScoreSettings';
import type { SidecarClient } from '../sidecar/sidecarClient';
import type { FileStamp, RunRecord } from './runRecord';
import type { RunStore } from './runStore';
import { isResumable, stateAfter } from './unfinishedState';

export interface RunsParams {
  readonly client: Pick<SidecarClient, 'scoreFile'>;
  readonly store: RunStore;
  readonly logger: Logger;
  /** A run was added, changed or removed. */
  readonly onChange: () => void;
  /** A run has ended by itself. */
  readonly onEnd: (run: RunRecord) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Said of runs that the last window left behind. */
  readonly interruption: string;
}

/** Runs that are done, with what is needed to read their scores. */
export function finishedRuns(runs: Pick<Runs, 'all' | 'outputPath'>): readonly FinishedRun[] {
  return runs.all.flatMap(({ id, input, state, model }) =>
    state.kind === 'done' && model !== null ? [{ input, outputPath: runs.outputPath(id), modelHash: model.hash }] : [],
  );
}

export interface NewRun {
  readonly input: string;
  readonly stamp: FileStamp;
  readonly settings: ScoreSettings;
}

/**
 * The runs of a workspace: one at a time, the others wait. What is kept of them is in the store, so that they are there
 * again after the window was closed. Knows nothing of the editor.
 */
export class Runs {
  readonly #params: RunsParams;
  #records: readonly RunRecord[] = [];
  #loading: Promise<void> | null = null;
  #active: { readonly id: string; readonly abort: AbortController; ended: Promise<void> } | null = null;
  #disposed = false;

  constructor(params: RunsParams) {
    this.#params = params;
  }

  /** The newest first. */
  get all(): readonly RunRecord[] {
    return this.#records;
  }

  find(id: string): RunRecord | null {
    return this.#records.find((record) => record.id === id) ?? null;
  }

  outputPath(id: string): string {
    return this.#params.store.outputPath(id);
  }

  /** Reads what earlier windows left. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async start({ input, stamp, settings }: NewRun): Promise<RunRecord> {
    await this.load();
    const created = this.#params.now();
    const record: RunRecord = {
      id: this.#newId(created),
      input,
      stamp,
      settings,
      created,
      state: { kind: 'waiting' },
      model: null,
    };
    await this.#params.store.save(record);
    this.#records = [record, ...this.#records];
    this.#params.onChange();
    this.#next();
    return record;
  }

  /** Resolves once it has stopped; what it has scored stays. */
  async stop(id: string): Promise<void> {
    const record = this.find(id);
    if (record?.state.kind === 'waiting') await this.#set(id, { state: { kind: 'stopped' } });
    if (this.#active?.id !== id) return;
    this.#active.abort.abort();
    await this.#active.ended;
  }

  /** Goes on where it stopped, or waits for its turn. */
  async resume(id: string): Promise<void> {
    const record = this.find(id);
    if (record === null || !isResumable(record)) return;
    await this.#set(id, { state: { kind: 'waiting' } });
    this.#next();
  }

  /** Also deletes its scores. */
  async remove(id: string): Promise<void> {
    await this.stop(id);
    this.#records = this.#records.filter((record) => record.id !== id);
    await this.#params.store.remove(id);
    this.#params.onChange();
  }

  /** Leaves the records as they are: the next window finds the run interrupted. */
  dispose(): void {
    this.#disposed = true;
    this.#active?.abort.abort();
  }

  async #load(): Promise<void> {
    const { store, interruption, onChange } = this.#params;
    const loaded = await store.load(interruption);
    const known = new Set(this.#records.map(({ id }) => id));
    this.#records = [...this.#records, ...loaded.filter(({ id }) => !known.has(id))];
    onChange();
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

  async #execute({ id, input, settings }: RunRecord, signal: AbortSignal): Promise<void> {
    const { client, store, onEnd } = this.#params;
    await this.#set(id, { state: { kind: 'running', progress: null } });
    const request = {
      ...settings,
      inputs: [input],
      outputPath: store.outputPath(id),
      summaryPath: store.summaryPath(id),
      // Without an earlier attempt there is nothing to go on with, and it begins.
      resume: true,
    };
    let state: RunState;
    try {
      const { summary, model } = await client.scoreFile(request, {
        signal,
        progress: (progress) => this.#progress(id, progress),
        onModel: (opened) => this.#change(id, { model: opened }),
      });
      this.#change(id, { model });
      state = { kind: 'done', summary };
    } catch (error) {
      if (this.#disposed) return;
      state = stateAfter(error);
    }
    await this.#set(id, { state });
    const ended = this.find(id);
    if (ended !== null && state.kind !== 'stopped') onEnd(ended);
  }

  #progress(id: string, progress: Progress): void {
    if (this.find(id)?.state.kind === 'running') this.#change(id, { state: { kind: 'running', progress } });
  }

  #change(id: string, changes: Partial<Pick<RunRecord, 'state' | 'model'>>): void {
    this.#records = this.#records.map((record) => (record.id === id ? { ...record, ...changes } : record));
    this.#params.onChange();
  }

  async #set(id: string, changes: Partial<Pick<RunRecord, 'state' | 'model'>>): Promise<void> {
    this.#change(id, changes);
    const record = this.find(id);
    if (record !== null) await this.#params.store.save(record);
  }

  /** Sorts by time, and is a folder's name. */
  #newId(created: number): string {
    const base = new Date(created).toISOString().replace(/[-:]/g, '').replace(/\..*/, '');
    for (let number = 1; ; number += 1) {
      const id = number === 1 ? base : `${base}-${number}`;
      if (this.find(id) === null) return id;
    }
  }
}
