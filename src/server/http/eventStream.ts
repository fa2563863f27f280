import type { ServerResponse } from 'node:http';
import type { ServerLimits } from '../serverLimits';

export interface EventStreamParams {
  readonly response: ServerResponse;
  readonly limits: Pick<ServerLimits, 'maxUnread' | 'readTime'>;
  /** The reader does not take what it was sent. */
  readonly onStalled: () => void;
}

/** Server-sent events, as OpenAI's API streams them. The status goes out with the first event. */
export class EventStream {
  readonly #params: EventStreamParams;
  #timer: NodeJS.Timeout | null = null;

  constructor(params: EventStreamParams) {
    this.#params = params;
    const { response } = params;
    response.on('drain', () => this.#clear());
    response.on('close', () => this.#clear());
  }

  send(value: unknown): void {
    this.#write(JSON.stringify(value));
  }

  /** The last event. */
  end(): void {
    this.#write('[DONE]');
    this.#params.response.end();
  }

  #write(data: string): void {
    const { response, limits, onStalled } = this.#params;
    if (response.destroyed || response.writableEnded) return;
    if (!response.headersSent) {
      response.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'X-Accel-Buffering': 'no', // proxies hold back what they buffer
      });
    }
    if (response.write(`data: ${data}\n\n`)) return;
    if (limits.maxUnread < response.writableLength) onStalled();
    else this.#timer ??= setTimeout(onStalled, limits.readTime);
  }

  #clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
