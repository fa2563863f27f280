import { Tensor } from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';

export interface CacheShape {
  readonly layerCount: number;
  readonly keyValueHeadCount: number;
  readonly headDim: number;
}

/** Keys and values of the tokens that a session has seen. */
export interface KeyValueCache {
  /** Tokens that the buffers hold without growing; 0 where every run makes its own. */
  readonly capacity: number;
  /** Makes room; the first `kept` tokens stay. */
  reserve(tokens: number, kept: number): void;
  feeds(): Record<string, Tensor>;
  /** What to ask `run` for. */
  fetches(): Record<string, null>;
  /** Takes what a run has returned for the tokens from slot `from` on. */
  accept(results: InferenceSession.OnnxValueMapType, from: number): void;
  release(): void;
}

/** Capacities are multiples of this, so that growing stays rare. */
const GRANULE = 256;

/**
 * Buffers of fixed capacity into which every run's own rows are written: a prefix stays usable when other tokens overwrite
 * what follows it. A run returns its rows only, because onnxruntime-node copies whatever it returns into new memory, even
 * tensors that the caller has provided.
 */
export class RowCache implements KeyValueCache {
  #capacity = 0;
  #tensors = new Map<string, Tensor>();
  readonly #shape: CacheShape;

  constructor(shape: CacheShape) {
    this.#shape = shape;
  }

  get capacity(): number {
    return this.#capacity;
  }

  reserve(tokens: number, kept: number): void {
    if (tokens <= this.#capacity) return;
    const { keyValueHeadCount, headDim } = this.#shape;
    const doubled = Math.max(tokens, Math.min(2 * this.#capacity, this.#capacity + 4096));
    const capacity = Math.ceil(doubled / GRANULE) * GRANULE;
    const grown = new Map<string, Tensor>();
    for (const name of cacheNames(this.#shape)) {
      const data = new Float32Array(keyValueHeadCount * capacity * headDim);
      const old = this.#tensors.get(name)?.data as Float32Array | undefined;
      for (let head = 0; old !== undefined && head < keyValueHeadCount; head += 1) {
        const from = head * this.#capacity * headDim;
        data.set(old.subarray(from, from + kept * headDim), head * capacity * headDim);
      }
      grown.set(name, new Tensor('float32', data, [1, keyValueHeadCount, capacity, headDim]));
    }
    this.#tensors = grown;
    this.#capacity = capacity;
  }

  feeds(): Record<string, Tensor> {
    return Object.fromEntries([...this.#tensors].map(([name, tensor]) => [`past_${name}`, tensor]));
  }

  fetches(): Record<string, null> {
    return Object.fromEntries(cacheNames(this.#shape).map((name) => [`new_${name}`, null]));
  }

  accept(results: InferenceSession.OnnxValueMapType, from: number): void {
    const { keyValueHeadCount, headDim } = this.#shape;
    for (const [name, tensor] of this.#tensors) {
      const rows = results[`new_${name}`].data as Float32Array; // [1, kvHeads, tokens, headDim]
      const size = rows.length / keyValueHeadCount;
      const data = tensor.data as Float32Array;
      for (let head = 0; head < keyValueHeadCount; head += 1) {
        data.set(rows.subarray(head * size, (head + 1) * size), (head * this.#capacity + from) * headDim);
      }
    }
  }

  release(): void {
    this.#tensors.clear();
    this.#capacity = 0;
  }
}

/** Each run returns new buffers, exactly as long as the cache, that the next one reads; they may live on the device. */
export class ReplacedCache implements KeyValueCache {
  readonly capacity = 0;
  #tensors = new Map<string, Tensor>();
  readonly #shape: CacheShape;

  constructor(shape: CacheShape) {
    this.#shape = shape;
    const dims = [1, shape.keyValueHeadCount, 0, shape.headDim];
    for (const name of cacheNames(shape)) this.#tensors.set(name, new Tensor('float32', new Float32Array(0), dims));
  }

  reserve(): void {
    // Every run makes its own buffers.
  }

  feeds(): Record<string, Tensor> {
    return Object.fromEntries([...this.#tensors].map(([name, tensor]) => [`past_${name}`, tensor]));
  }

  fetches(): Record<string, null> {
    return Object.fromEntries(cacheNames(this.#shape).map((name) => [`present_${name}`, null]));
  }

  accept(results: InferenceSession.OnnxValueMapType): void {
    for (const name of cacheNames(this.#shape)) {
      const present = results[`present_${name}`];
      if (present === undefined) continue;
      const old = this.#tensors.get(name);
      this.#tensors.set(name, present);
      old?.dispose();
    }
  }

  release(): void {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}

function cacheNames({ layerCount }: CacheShape): string[] {
  return Array.from({ length: layerCount }, (_, index) => [`key_${index}`, `value_${index}`]).flat();
}
