import { closeSync, openSync } from 'node:fs';
import { describeFileError } from './describeFileError';

/** Files that are opened for reading when they are first needed, by descriptor. Close them. */
export class OpenFiles {
  readonly #descriptors = new Map<string, number>();

  /** @throws AlidadeError `not_found` or `permission`. */
  readonly open = (path: string): number => {
    const known = this.#descriptors.get(path);
    if (known !== undefined) return known;
    try {
      const descriptor = openSync(path, 'r');
      this.#descriptors.set(path, descriptor);
      return descriptor;
    } catch (error) {
      throw describeFileError(error, path);
    }
  };

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }
}
