/** One step of a long job. */
export interface Progress {
  /** What is being done, in a few words: "Converting weights". */
  readonly message: string;
  /** Done so far, in `unit`. */
  readonly done?: number;
  readonly total?: number;
  readonly unit?: 'bytes' | 'rows' | 'tokens' | 'tensors';
  /** How fast it goes, in `unit` a second. */
  readonly perSecond?: number;
  readonly secondsLeft?: number;
}

export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Everything ambient that a long function may use; always its last parameter. */
export interface JobContext {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  readonly logger: Logger;
}
