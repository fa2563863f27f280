/** Writes answers as they come; where there are several, a line `--- k/n ---` before each. */
export class ChoiceWriter {
  readonly #count: number;
  readonly #write: (text: string) => void;
  #present = -1;
  #isAtLineStart = true;

  constructor({ count, write }: { readonly count: number; readonly write: (text: string) => void }) {
    this.#count = count;
    this.#write = write;
  }

  add(piece: string, choice: number): void {
    this.#begin(choice);
    this.#write(piece);
    this.#isAtLineStart = piece.endsWith('\n');
  }

  /** Ends the last line, and names the answers that are empty. */
  end(): void {
    this.#begin(this.#count - 1);
    this.#endLine();
  }

  #begin(choice: number): void {
    while (this.#present < choice) {
      this.#endLine();
      this.#present += 1;
      if (1 < this.#count) this.#write(`--- ${this.#present + 1}/${this.#count} ---\n`);
    }
  }

  #endLine(): void {
    if (!this.#isAtLineStart) this.#write('\n');
    this.#isAtLineStart = true;
  }
}
