export interface ResultCacheLimits {
  readonly maxEntries: number;
  /** Sum of the sizes given with the entries, in characters. */
  readonly maxCharacters: number;
}

/** Least recently used results go first when a limit is passed. */
export class ResultCache<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly characters: number }>();
  readonly #limits: ResultCacheLimits;
  #characters = 0;

  constructor(limits: ResultCacheLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: Value, characters: number): void {
    this.#delete(key);
    if (this.#limits.maxCharacters < characters) return;
    this.#entries.set(key, { value, characters });
    this.#characters += characters;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.maxEntries && this.#characters <= this.#limits.maxCharacters) return;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#characters -= entry.characters;
  }
}
