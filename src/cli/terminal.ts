import { AlidadeError } from '../core/alidadeError';
import type { Progress } from '../core/jobContext';
import { describeProgress } from './describeProgress';

export interface TerminalParts {
  readonly output: NodeJS.WriteStream;
  readonly errors: NodeJS.WriteStream;
  /** No progress and no log, only warnings and errors. */
  readonly isQuiet: boolean;
  /** Called once when the reader of standard output has gone. */
  readonly onClosed: () => void;
}

const statusInterval = 100; // ms
/** Where standard error is a file, as in a batch job, a line now and then says that it goes on. */
const logInterval = 30_000; // ms

/** Standard output for results; standard error for everything else, with one status line where it is a terminal. */
export class Terminal {
  readonly #parts: TerminalParts;
  readonly #showsStatus: boolean;
  #isClosed = false;
  #failure: AlidadeError | null = null;
  #hasStatus = false;
  #statusTime = 0;

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    this.#showsStatus = parts.errors.isTTY && !parts.isQuiet;
    parts.output.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      // A reader that has read enough, as `head` does, is no failure; a full disk is one.
      if (error.code !== 'EPIPE' && error.code !== 'EOF') this.#failure = describeWriteError(error);
      parts.onClosed();
    });
    // Nothing can be said any more when standard error has gone too.
    parts.errors.on('error', () => undefined);
  }

  /** Nobody reads standard output any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Why results could not be written. */
  get failure(): AlidadeError | null {
    return this.#failure;
  }

  /** Writes to standard output; resolves when more may be written. */
  async write(text: string): Promise<void> {
    if (this.#isClosed) return;
    this.clearStatus();
    const { output } = this.#parts;
    if (output.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) output.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) output.on(event, done);
    });
  }

  /** One line of JSON on standard output. */
  writeJson(value: unknown): Promise<void> {
    return this.write(`${JSON.stringify(value)}\n`);
  }

  /** Everything written has left the process. */
  async flush(): Promise<void> {
    this.clearStatus();
    for (const stream of [this.#parts.output, this.#parts.errors]) {
      if (stream.destroyed || !stream.writable) continue;
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
    }
  }

  fail(message: string): void {
    this.#line(`error: ${oneLine(message)}`);
  }

  warn(message: string): void {
    this.#line(`warning: ${oneLine(message)}`);
  }

  /** A line of the log. */
  log(message: string): void {
    if (!this.#parts.isQuiet) this.#line(oneLine(message));
  }

  /** A line of standard error as it stands. */
  writeError(line: string): void {
    this.#line(line);
  }

  showProgress(progress: Progress): void {
    this.showStatus(describeProgress(progress));
  }

  /** Replaces the status line, where there is a terminal to show it. */
  showStatus(text: string): void {
    const now = performance.now();
    if (now - this.#statusTime < (this.#showsStatus ? statusInterval : logInterval)) return;
    if (!this.#showsStatus) {
      this.#statusTime = now;
      this.log(text);
      return;
    }
    this.#statusTime = now;
    this.#hasStatus = true;
    const { errors } = this.#parts;
    errors.write(`\r\u001b[K${text.slice(0, Math.max(20, (errors.columns || 80) - 1))}`);
  }

  clearStatus(): void {
    if (!this.#hasStatus) return;
    this.#hasStatus = false;
    this.#parts.errors.write('\r\u001b[K');
  }

  #line(text: string): void {
    this.clearStatus();
    this.#parts.errors.write(`${text}\n`);
  }
}

function describeWriteError(error: NodeJS.ErrnoException): AlidadeError {
  const message = `standard output cannot be written: ${error.message}`;
  if (error.code !== 'ENOSPC') return new AlidadeError({ code: 'internal', message, cause: error });
  return new AlidadeError({ code: 'no_space', message, hint: 'free some space', cause: error });
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}
