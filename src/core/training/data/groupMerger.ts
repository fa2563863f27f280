/** Groups that have become one: whatever is joined has the same name from then on, that of the first of them. */
export class GroupMerger {
  readonly #parents = new Map<string, string>();
  readonly #order = new Map<string, number>();

  join(a: string, b: string): void {
    const [first, second] = [this.#rootOf(a), this.#rootOf(b)].sort((x, y) => this.#placeOf(x) - this.#placeOf(y));
    if (first !== second) this.#parents.set(second, first);
  }

  nameOf(group: string): string {
    return this.#rootOf(group);
  }

  #placeOf(group: string): number {
    const known = this.#order.get(group);
    if (known !== undefined) return known;
    this.#order.set(group, this.#order.size);
    return this.#order.size - 1;
  }

  #rootOf(group: string): string {
    this.#placeOf(group);
    let root = group;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent;
    // What was passed on the way is found in one step next time.
    for (let at = group; at !== root;) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }
}
