/** Lets text through up to the first stop text. */
export interface StopFinder {
  /** The part of the text so far that can be given out; '' after a stop. */
  push(piece: string): string;
  /** What was held back, once no more text comes; '' after a stop. */
  end(): string;
  /** A stop text has come. */
  readonly isStopped: boolean;
}

/**
 * Cuts a text that comes in pieces before the stop text that is complete first, which is not given out. An end that may
 * turn out to be the beginning of one is held back. What comes out does not depend on the pieces.
 * @param stops texts that are not empty.
 */
export function createStopFinder(stops: readonly string[]): StopFinder {
  const longest = stops.reduce((length, stop) => Math.max(length, stop.length), 0);
  let held = '';
  let isStopped = false;
  return {
    get isStopped() {
      return isStopped;
    },
    push: (piece) => {
      if (isStopped) return '';
      held += piece;
      const stop = findFirst(held, stops);
      isStopped = stop !== null;
      const end = stop ?? held.length - heldBack(held, { stops, longest });
      const given = held.slice(0, end);
      held = isStopped ? '' : held.slice(end);
      return given;
    },
    end: () => {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** Where the stop text begins that ends first; of several with the same end, the longest. */
function findFirst(text: string, stops: readonly string[]): number | null {
  let first: { readonly start: number; readonly end: number } | null = null;
  for (const stop of stops) {
    const start = text.indexOf(stop);
    const end = start + stop.length;
    if (start === -1) continue;
    if (first === null || end < first.end || (end === first.end && start < first.start)) first = { start, end };
  }
  return first === null ? null : first.start;
}

/** The length of the longest end of the text with which a stop text begins. */
function heldBack(text: string, parts: { readonly stops: readonly string[]; readonly longest: number }): number {
  for (let length = Math.min(text.length, parts.longest - 1); 0 < length; length -= 1) {
    const tail = text.slice(-length);
    if (parts.stops.some((stop) => stop.startsWith(tail))) return length;
  }
  return 0;
}
