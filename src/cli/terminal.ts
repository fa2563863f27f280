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

/** Standard output for results; standard error for everything else, with one status line where it is a terminal. */
export class Terminal {
  readonly #parts: TerminalParts;
  readonly #showsStatus: boolean;
  #isClosed = false;
  #hasStatus = false;
  #statusTime = 0;

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    this.#showsStatus = parts.errors.isTTY && !parts.isQuiet;
    parts.output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EOF' && error.code !== 'ERR_STREAM_DESTROYED') {
        this.fail(`standard output cannot be written: ${error.message}`);
      }
      this.#isClosed = true;
      parts.onClosed();
    });
    // Nothing can be said any more when standard error has gone too.
    parts.errors.on('error', () => undefined);
  }

  /** Nobody reads standard output any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Characters in a line of standard output. */
  get width(): number {
    return this.#parts.output.isTTY ? this.#parts.output.columns : 120;
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
    if (!this.#showsStatus || now - this.#statusTime < statusInterval) return;
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

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}
