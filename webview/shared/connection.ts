import type { NotificationType, RequestType } from 'vscode-jsonrpc';

interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): EditorApi;

/** JSON-RPC 2.0 as `vscode-jsonrpc`, at the other end, writes and reads it; a page is only ever asked by notification. */
type RpcMessage =
  | { readonly jsonrpc: '2.0'; readonly method: string; readonly params?: unknown }
  | { readonly jsonrpc: '2.0'; readonly id: number; readonly result?: unknown; readonly error?: RpcError };

interface RpcError {
  readonly message: string;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The page's end of the wire; the messages are those of `src/protocol/*View.ts`. */
export interface PageConnection {
  /** @throws Error with the extension's own words when it could not do what was asked. */
  sendRequest<Params, Result, ErrorData>(type: RequestType<Params, Result, ErrorData>, params: Params): Promise<Result>;
  onNotification<Params>(type: NotificationType<Params>, handle: (params: Params) => void): void;
  /** Messages that come before it are lost. */
  listen(): void;
}

export interface HostConnection {
  readonly connection: PageConnection;
  /** What `saveState` was last given, also before the page was hidden or the window reloaded; undefined: nothing. */
  readonly savedState: unknown;
  /** Keeps what the page or the extension needs to show the page again after a reload of the window. */
  readonly saveState: (state: unknown) => void;
}

/**
 * The page's end of its typed connection to the extension.
 * Call once per page: the editor hands out its API only once. Register handlers, then call `listen()`.
 */
export function connectHost(): HostConnection {
  const editor = acquireVsCodeApi();
  return {
    connection: createConnection((message) => editor.postMessage(message)),
    savedState: editor.getState(),
    saveState: (state) => editor.setState(state),
  };
}

function createConnection(send: (message: unknown) => void): PageConnection {
  const waiting = new Map<number, Waiting>();
  const handlers = new Map<string, (params: unknown) => void>();
  let lastId = 0;

  const receive = (message: RpcMessage): void => {
    if ('method' in message) {
      handlers.get(message.method)?.(fromWire(message.params));
      return;
    }
    const request = waiting.get(message.id);
    if (request === undefined) return;
    waiting.delete(message.id);
    if (message.error === undefined) request.resolve(message.result);
    else request.reject(new Error(message.error.message));
  };

  return {
    sendRequest: <Params, Result, ErrorData>(
      { method }: RequestType<Params, Result, ErrorData>,
      params: Params,
    ): Promise<Result> => {
      lastId += 1;
      const id = lastId;
      return new Promise<Result>((resolve, reject) => {
        waiting.set(id, { resolve: (result) => resolve(result as Result), reject });
        send({ jsonrpc: '2.0', id, method, params: toWire(params) });
      });
    },
    onNotification: <Params>({ method }: NotificationType<Params>, handle: (params: Params) => void): void => {
      handlers.set(method, (params) => handle(params as Params));
    },
    listen: () => {
      window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (isRpcMessage(data)) receive(data);
      });
    },
  };
}

/** One parameter: an object as it is, anything else as a list of one. */
function toWire(params: unknown): unknown {
  return typeof params === 'object' && params !== null && !Array.isArray(params) ? params : [params];
}

function fromWire(params: unknown): unknown {
  return Array.isArray(params) ? (params as readonly unknown[])[0] : params;
}

/** The window also hears messages that are not ours. */
function isRpcMessage(value: unknown): value is RpcMessage {
  return typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0';
}
