import type { WeightSource } from './buildDecoder';
import * as op from './operators';
import { graphInput } from './value';
import type { Value } from './value';

/** What a weight is fed as: two names may be one tensor (a tied language-model head). */
export interface FedWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Gives a graph its weights as inputs, F32: they come with every run, so that they may be others in the next. Nothing is
 * copied or repacked for it, which costs a few per cent of speed and saves loading the graph anew.
 */
export class InputWeights implements WeightSource {
  readonly #find: (name: string) => FedWeight;
  readonly #values = new Map<string, Value>();

  constructor(find: (name: string) => FedWeight) {
    this.#find = find;
  }

  /** Those that the graph has asked for, by the name under which they are fed: to be declared as its inputs. */
  get inputs(): ReadonlyMap<string, Value> {
    return this.#values;
  }

  readonly dense: WeightSource['dense'] = (name) => this.#value(name);

  readonly smoothing: WeightSource['smoothing'] = () => null;

  readonly linear: WeightSource['linear'] = (value, { weight, layout }, factors = null) => {
    const product = op.matMul(value, this.#value(weight), { transposeRight: layout !== 'conv1d' });
    return factors === null ? product : op.multiply(product, factors);
  };

  readonly rows: WeightSource['rows'] = (name, _shape, indices) => op.gather(this.#value(name), indices);

  #value(wanted: string): Value {
    const { name, shape } = this.#find(wanted);
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const made = graphInput(name, 'float32', shape);
    this.#values.set(name, made);
    return made;
  }
}
