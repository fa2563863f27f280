import { Tensor } from 'onnxruntime-node';
import { AlidadeError } from '../../core/alidadeError';

/**
 * Weights in memory that go into every run of a session as inputs, F32. Sessions read them where they are: after a change
 * the cache of each has to be forgotten (`DecoderSession.forget`).
 */
export class LiveWeights {
  readonly #tensors = new Map<string, Tensor>();

  /** Row-major; the array is used as it is, not copied. */
  set(name: string, shape: readonly number[], values: Float32Array): void {
    this.#tensors.set(name, new Tensor('float32', values, shape));
  }

  /** @throws AlidadeError `internal` for a weight that has not been set. */
  feeds(names: readonly string[]): Record<string, Tensor> {
    return Object.fromEntries(names.map((name) => [name, this.#get(name)]));
  }

  clear(): void {
    this.#tensors.clear();
  }

  #get(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new AlidadeError({ code: 'internal', message: `the weight ${name} is fed before it is there` });
  }
}
