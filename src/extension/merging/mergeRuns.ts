import { randomUUID } from 'node:crypto';
import type { Memento } from 'vscode';
import { EventEmitter } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { failureState, isResumable } from '../run/unfinishedState';
import type { WorkProcess } from '../sidecar/workProcess';
import { readMergeRecords, type MergeRecord, type MergeSettings, type MergeState } from './mergeRecord';

export interface MergeRunsParams {
  readonly process: WorkProcess;
  readonly memory: Memento;
  /** Why a merge that was under way when the window closed is not any more. */
  readonly interruption: string;
  readonly now: () => number;
}

export interface MergeToStart {
  readonly recipe: string;
  readonly text: string;
  readonly settings: MergeSettings;
  readonly target: string;
}

const memoryKey = 'alidade.merges';
/** Of those that have ended. */
const mostKept = 50;

/** The merges of this workspace, the newest first. They go on side by side; each can be stopped and gone on with. */
export class MergeRuns {
  readonly #params: MergeRunsParams;
  readonly #changed = new EventEmitter<MergeRecord>();
  readonly #stops = new Map<string, AbortController>();
  #records: readonly MergeRecord[];

  constructor(params: MergeRunsParams) {
    this.#params = params;
    this.#records = readMergeRecords(params.memory.get(memoryKey), params.interruption);
  }

  /** Tells a merge as it is now, also when it was removed. */
  readonly onDidChange = this.#changed.event;

  get all(): readonly MergeRecord[] {
    return this.#records;
  }

  find(id: string): MergeRecord | null {
    return this.#records.find((record) => record.id === id) ?? null;
  }

  /** Returns at once; how it goes is told by events. @throws AlidadeError `exists` when that folder is being made. */
  start(merge: MergeToStart): MergeRecord {
    const isBeingMade = this.#records.some(({ target, state }) => target === merge.target && state.kind === 'running');
    if (isBeingMade) throw new AlidadeError({ code: 'exists', message: `${merge.target} is being made already` });
    const record: MergeRecord = {
      ...merge,
      id: randomUUID(),
      created: this.#params.now(),
      state: { kind: 'running', progress: null },
    };
    // An earlier attempt at the same folder is this one's past.
    this.#records = [record, ...this.#records.filter(({ target }) => target !== merge.target)];
    void this.#run(record, { resume: false });
    return record;
  }

  resume(id: string): void {
    const record = this.find(id);
    if (record === null || !isResumable(record)) return;
    void this.#run(record, { resume: true });
  }

  stop(id: string): void {
    this.#stops.get(id)?.abort();
  }

  /** Forgets the merge, not the folder that it made. */
  async remove(id: string): Promise<void> {
    const record = this.find(id);
    if (record === null || record.state.kind === 'running') return;
    this.#records = this.#records.filter((other) => other.id !== id);
    await this.#save();
    this.#changed.fire(record);
  }

  dispose(): void {
    for (const stop of this.#stops.values()) stop.abort();
    this.#changed.dispose();
  }

  async #run(
    { id, recipe, text, settings, target }: MergeRecord,
    { resume }: { readonly resume: boolean },
  ): Promise<void> {
    const stop = new AbortController();
    this.#stops.set(id, stop);
    await this.#update(id, { kind: 'running', progress: null });
    try {
      const { bytes, seconds } = await this.#params.process.use((client) =>
        client.runMerge(
          { text, path: recipe, target, resume, force: false, ...settings },
          {
            signal: stop.signal,
            progress: (progress) => void this.#update(id, { kind: 'running', progress }, { keep: false }),
          },
        ),
      );
      await this.#update(id, { kind: 'done', bytes, seconds });
    } catch (error) {
      await this.#update(id, failureState(error));
    } finally {
      this.#stops.delete(id);
    }
  }

  async #update(id: string, state: MergeState, { keep = true }: { readonly keep?: boolean } = {}): Promise<void> {
    const found = this.find(id);
    // A late progress message does not wake what has ended.
    if (found === null || (!keep && found.state.kind !== 'running')) return;
    const record = { ...found, state };
    this.#records = this.#records.map((other) => (other.id === id ? record : other));
    this.#changed.fire(record);
    if (keep) await this.#save();
  }

  async #save(): Promise<void> {
    const kept = this.#records.filter(({ state }, index) => state.kind === 'running' || index < mostKept);
    await this.#params.memory.update(memoryKey, kept);
  }
}
