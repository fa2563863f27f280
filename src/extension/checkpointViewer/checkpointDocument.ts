import { basename } from 'node:path';
import type { CustomDocument, Event, Uri } from 'vscode';
import { EventEmitter, l10n, RelativePattern, Uri as UriValue, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { TensorFile } from '../../core/checkpoint/tensorFile';
import type { TensorStatistics } from '../../core/checkpoint/tensorStatistics';
import type { Progress } from '../../core/jobContext';
import type { CheckpointContent, CheckpointState, FailureView } from '../../protocol/checkpointView';
import { debounce } from '../debounce';
import type { WorkProcess } from '../sidecar/workProcess';
import { describeError } from '../reportError';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { CheckpointComparison } from './checkpointComparison';

export interface CheckpointDocumentParams {
  readonly uri: Uri;
  readonly client: SidecarClient;
  /** Compares: it reads whole models. */
  readonly process: Pick<WorkProcess, 'use'>;
}

/** Milliseconds for which a file has to rest before its headers are read again: it may still be being written. */
const settleTime = 500;

/** A weight file, or an index of several, that is open in a viewer; its headers, read again when it changes. */
export class CheckpointDocument implements CustomDocument {
  readonly uri: Uri;
  readonly comparison: CheckpointComparison;
  readonly #client: SidecarClient;
  readonly #changed = new EventEmitter<void>();
  readonly #abort = new AbortController();
  readonly #disposables: readonly { dispose(): unknown }[];
  #reading: Promise<void> | null = null;
  #measuring: AbortController | null = null;
  #state: CheckpointState;

  constructor({ uri, client, process }: CheckpointDocumentParams) {
    this.uri = uri;
    this.#client = client;
    this.#state = { kind: 'reading', name: this.name };
    this.comparison = new CheckpointComparison(uri.fsPath, process);
    const readAgain = debounce(() => void this.#read(), settleTime);
    const pattern = new RelativePattern(UriValue.joinPath(uri, '..'), escapeGlob(this.name));
    const watcher = workspace.createFileSystemWatcher(pattern);
    watcher.onDidChange(readAgain.call);
    watcher.onDidCreate(readAgain.call);
    watcher.onDidDelete(readAgain.call);
    this.#disposables = [watcher, readAgain, this.#changed, this.comparison];
  }

  readonly onDidChange: Event<void> = this.#changed.event;

  get name(): string {
    return basename(this.uri.fsPath);
  }

  get state(): CheckpointState {
    return this.#state;
  }

  /** Reads the headers, unless they are there; fulfilled when they are, or it is known why not. */
  load(): Promise<void> {
    this.#reading ??= this.#read();
    return this.#reading;
  }

  /** @returns null when it was stopped, or another measurement came in between. @throws AlidadeError */
  async measure(tensor: string, progress: (progress: Progress) => void): Promise<TensorStatistics | null> {
    this.stopMeasuring();
    const measuring = new AbortController();
    this.#measuring = measuring;
    try {
      const params = { path: this.uri.fsPath, tensor };
      return await this.#client.measureTensor(params, { signal: measuring.signal, progress });
    } catch (error) {
      if (measuring.signal.aborted) return null;
      throw error;
    }
  }

  stopMeasuring(): void {
    this.#measuring?.abort();
    this.#measuring = null;
  }

  dispose(): void {
    this.stopMeasuring();
    this.#abort.abort();
    for (const disposable of this.#disposables) disposable.dispose();
  }

  async #read(): Promise<void> {
    const state = await this.#readState();
    if (state === null || this.#abort.signal.aborted) return;
    this.stopMeasuring();
    // What was compared is of another file now.
    this.comparison.drop();
    this.#state = state;
    this.#changed.fire();
  }

  async #readState(): Promise<CheckpointState | null> {
    const { name } = this;
    try {
      if (this.uri.scheme !== 'file') {
        throw new AlidadeError({
          code: 'unsupported',
          message: l10n.t('only files of this machine can be shown'),
          hint: l10n.t('copy the file here first'),
        });
      }
      const file = await this.#client.readTensorFile(this.uri.fsPath, { signal: this.#abort.signal });
      return { kind: 'content', content: contentOf(name, file) };
    } catch (error) {
      const failure = failureOf(error);
      return failure === null ? null : { kind: 'failed', name, failure };
    }
  }
}

/** null: it was cancelled. */
export function failureOf(error: unknown): FailureView | null {
  return describeError(error);
}

/** What the page needs: tensors name their file by its place in the list. */
function contentOf(name: string, file: TensorFile): CheckpointContent {
  const { path, format, files, tensors, metadata, metadataLeftOut, config, problems } = file;
  const places = new Map(files.map((entry, index) => [entry.path, index]));
  return {
    ...{ name, path, format, metadata, metadataLeftOut, config, problems },
    files: files.map((entry) => ({ name: entry.name, size: entry.size })),
    tensors: tensors.map((entry) => ({
      name: entry.name,
      dtype: entry.dtype,
      shape: entry.shape,
      bytes: entry.bytes,
      file: places.get(entry.file) ?? 0,
      offset: entry.offset,
    })),
  };
}

/** Names of files may have what patterns give a meaning. */
function escapeGlob(name: string): string {
  return name.replace(/[[\]{}*?]/g, '[$&]');
}
