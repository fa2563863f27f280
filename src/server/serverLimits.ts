/** What one client may take, so that the others are still answered. */
export interface ServerLimits {
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** Requests that have been accepted and not answered yet. */
  readonly maxRequests: number;
  /** Bytes of the bodies of all these requests. */
  readonly maxHeldBytes: number;
  readonly maxConnections: number;
  /** Time in which the head of a request has to come, milliseconds. */
  readonly headTime: number;
  /** Time in which its body has to come, milliseconds; `bytesPerSecond` of what has come prolong it. */
  readonly bodyTime: number;
  readonly bytesPerSecond: number;
  /** Time from the acceptance of a request to the end of its answer, milliseconds. */
  readonly requestTime: number;
  /** Time in which a client has to take what it was sent, milliseconds. */
  readonly readTime: number;
  /** Bytes of a stream that may wait for its reader. */
  readonly maxUnread: number;
  /** Time that a stop gives to the requests at work, milliseconds. */
  readonly stopTime: number;
}

export const defaultLimits: ServerLimits = {
  maxBody: 8e6,
  maxRequests: 256,
  maxHeldBytes: 64e6,
  maxConnections: 2048,
  headTime: 10_000,
  bodyTime: 10_000,
  bytesPerSecond: 250_000,
  requestTime: 600_000,
  readTime: 30_000,
  maxUnread: 1e6,
  stopTime: 10_000,
};
