import type { LayerDifference } from '../../core/merging/weightDifference';
import type { DifferenceView, WorkState } from '../../protocol/mergePreviewView';
import { differenceView } from './differenceView';
import type { WorkProcess } from '../sidecar/workProcess';
import { failureOf } from './previewScore';

/** Two models of a plan; paths are absolute. */
export interface ComparedPair {
  readonly first: { readonly name: string; readonly path: string };
  readonly second: { readonly name: string; readonly path: string };
}

/** How far two models of a recipe are apart, drawn while it is being read. */
export class PreviewDifference {
  readonly #process: Pick<WorkProcess, 'use'>;
  readonly #onDidChange: () => void;
  #pair: ComparedPair | null = null;
  #layers: readonly LayerDifference[] = [];
  #work: WorkState = { kind: 'idle' };
  #stop: AbortController | null = null;

  constructor(process: Pick<WorkProcess, 'use'>, onDidChange: () => void) {
    this.#process = process;
    this.#onDidChange = onDidChange;
  }

  get work(): WorkState {
    return this.#work;
  }

  /** @param pair of the recipe as it is; null, and what belongs to another pair: nothing. */
  view(pair: ComparedPair | null): DifferenceView | null {
    if (this.#layers.length === 0 || !isSame(pair, this.#pair) || this.#pair === null) return null;
    return differenceView({ first: this.#pair.first.name, second: this.#pair.second.name }, this.#layers);
  }

  isDone(pair: ComparedPair): boolean {
    return isSame(pair, this.#pair) && 0 < this.#layers.length && this.#work.kind === 'idle';
  }

  async start(pair: ComparedPair): Promise<void> {
    this.#stop?.abort();
    const stop = new AbortController();
    [this.#stop, this.#pair, this.#layers] = [stop, pair, []];
    this.#setWork({ kind: 'running', progress: { message: '' } });
    try {
      const { layers } = await this.#process.use((client) =>
        client.compareWeights(
          { first: pair.first.path, second: pair.second.path },
          {
            signal: stop.signal,
            progress: (progress) => {
              if (this.#stop === stop) this.#setWork({ kind: 'running', progress });
            },
            onLayer: (layer) => {
              if (this.#stop === stop) this.#layers = [...this.#layers, layer];
            },
          },
        ),
      );
      if (this.#stop !== stop) return;
      this.#layers = layers;
      this.#end({ kind: 'idle' });
    } catch (error) {
      if (this.#stop === stop) this.#end(failureOf(error));
    }
  }

  /** What was read by then stays. */
  stop(): void {
    if (this.#stop === null) return;
    this.#stop.abort();
    this.#end({ kind: 'idle' });
  }

  dispose(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  #end(work: WorkState): void {
    this.#stop = null;
    this.#setWork(work);
  }

  #setWork(work: WorkState): void {
    this.#work = work;
    this.#onDidChange();
  }
}

function isSame(one: ComparedPair | null, other: ComparedPair | null): boolean {
  return one !== null && one.first.path === other?.first.path && one.second.path === other.second.path;
}
