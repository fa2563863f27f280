import type { JobContext } from '../../src/core/jobContext';

const ignore = (): void => undefined;

/** Nothing is shown but warnings, nothing is cancelled. */
export const benchmarkContext: JobContext = {
  signal: new AbortController().signal,
  progress: ignore,
  logger: { debug: ignore, info: ignore, warn: console.error, error: console.error },
};
