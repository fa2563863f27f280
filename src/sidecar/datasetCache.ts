import { ScoredDataset } from '../engine/dataset/scoredDataset';
import type { DatasetReference } from '../protocol/sidecar';
import type { EngineFunctions } from './engineFunctions';

/** The data sets that pages look at; the one looked at longest ago goes first. */
export class DatasetCache {
  readonly #datasets = new Map<string, ScoredDataset>();
  readonly #engine: Pick<EngineFunctions, 'readRows' | 'outputPaths'>;
  readonly #most: number;

  constructor(engine: Pick<EngineFunctions, 'readRows' | 'outputPaths'>, most: number) {
    this.#engine = engine;
    this.#most = most;
  }

  get({ inputs, outputPath }: DatasetReference): ScoredDataset {
    const key = JSON.stringify([outputPath, inputs]);
    const dataset =
      this.#datasets.get(key) ??
      new ScoredDataset({
        outputPaths: this.#engine.outputPaths(outputPath),
        openRows: (context) => this.#engine.readRows(inputs, context),
      });
    this.#datasets.delete(key);
    this.#datasets.set(key, dataset);
    for (const [oldest, unused] of this.#datasets) {
      if (this.#datasets.size <= this.#most) break;
      this.#datasets.delete(oldest);
      void unused.close().catch(() => undefined);
    }
    return dataset;
  }
}
