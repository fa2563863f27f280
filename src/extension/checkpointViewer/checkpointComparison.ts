import type { Event } from 'vscode';
import { EventEmitter } from 'vscode';
import type { Progress } from '../../core/jobContext';
import type { LayerDifference, WeightComparison } from '../../core/merging/weightDifference';
import type { ComparisonState, ListedDifference } from '../../protocol/checkpointView';
import { differenceView } from '../merging/differenceView';
import type { WorkProcess } from '../sidecar/workProcess';
import { describeError } from '../reportError';

/** A checkpoint to compare with. */
export interface OtherCheckpoint {
  readonly name: string;
  /** A folder or a weight file; absolute. */
  readonly path: string;
}

/** How the weights of an open file differ from those of another checkpoint, drawn while both are being read. */
export class CheckpointComparison {
  readonly #path: string;
  readonly #process: Pick<WorkProcess, 'use'>;
  readonly #changed = new EventEmitter<void>();
  readonly #progressed = new EventEmitter<Progress>();
  #stop: AbortController | null = null;
  #other: OtherCheckpoint | null = null;
  #work: ComparisonState['work'] = { kind: 'done' };
  #layers: readonly LayerDifference[] = [];
  #whole: WeightComparison | null = null;

  constructor(path: string, process: Pick<WorkProcess, 'use'>) {
    this.#path = path;
    this.#process = process;
  }

  /** More has been compared, or it has come to an end. */
  readonly onDidChange: Event<void> = this.#changed.event;
  readonly onDidProgress: Event<Progress> = this.#progressed.event;

  /** null: there is none. */
  get state(): ComparisonState | null {
    if (this.#other === null) return null;
    const { name } = this.#other;
    const differences = differenceView({ first: this.#path.replace(/^.*[\\/]/, ''), second: name }, this.#layers);
    return {
      other: this.#other,
      work: this.#work,
      difference: this.#layers.length === 0 ? null : differences,
      tensors: this.#layers.flatMap(({ tensors }) => tensors.map(listed)),
      total: this.#whole?.total ?? null,
      uncompared: this.#whole?.uncompared ?? [],
    };
  }

  async start(other: OtherCheckpoint): Promise<void> {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.#other = other;
    this.#layers = [];
    this.#whole = null;
    this.#setWork({ kind: 'running', progress: { message: '' } });
    try {
      this.#whole = await this.#process.use((client) =>
        client.compareWeights(
          { first: this.#path, second: other.path },
          {
            signal: stop.signal,
            progress: (progress) => {
              if (this.#stop !== stop) return;
              this.#work = { kind: 'running', progress };
              this.#progressed.fire(progress);
            },
            onLayer: (layer) => {
              if (this.#stop !== stop) return;
              this.#layers = [...this.#layers, layer];
              this.#changed.fire();
            },
          },
        ),
      );
      if (this.#stop !== stop) return;
      this.#layers = this.#whole.layers;
      this.#end({ kind: 'done' });
    } catch (error) {
      if (this.#stop !== stop) return;
      const failure = describeError(error);
      this.#end(failure === null ? { kind: 'stopped' } : { kind: 'failed', failure });
    }
  }

  /** What was compared by then stays. */
  stop(): void {
    if (this.#stop === null) return;
    this.#stop.abort();
    this.#end({ kind: 'stopped' });
  }

  /** Forgets it. */
  drop(): void {
    if (this.#other === null) return;
    this.#stop?.abort();
    this.#stop = null;
    this.#other = null;
    this.#changed.fire();
  }

  dispose(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#changed.dispose();
    this.#progressed.dispose();
  }

  #end(work: ComparisonState['work']): void {
    this.#stop = null;
    this.#setWork(work);
  }

  #setWork(work: ComparisonState['work']): void {
    this.#work = work;
    this.#changed.fire();
  }
}

function listed({ name, storedName = name, ...figures }: LayerDifference['tensors'][number]): ListedDifference {
  const { values, changed, nonFinite, changedShare, cosine, relativeL2 } = figures;
  return { name: storedName, values, changed, nonFinite, changedShare, cosine, relativeL2 };
}
