import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  Message,
  type DataCallback,
  type Disposable,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/browser';

interface EditorApi {
  postMessage(message: unknown): void;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): EditorApi;

export interface HostConnection {
  readonly connection: MessageConnection;
  /** Keeps what the extension needs to show the page again after a reload of the window. */
  readonly saveState: (state: unknown) => void;
}

/**
 * The page's end of its typed connection to the extension (messages: `src/protocol/*View.ts`).
 * Call once per page: the editor hands out its API only once. Register handlers, then call `listen()`.
 */
export function connectHost(): HostConnection {
  const editor = acquireVsCodeApi();
  return {
    connection: createMessageConnection(new HostReader(), new HostWriter(editor)),
    saveState: (state) => editor.setState(state),
  };
}

class HostReader extends AbstractMessageReader implements MessageReader {
  listen(callback: DataCallback): Disposable {
    const onMessage = (event: MessageEvent<unknown>): void => {
      if (isRpcMessage(event.data)) callback(event.data);
    };
    window.addEventListener('message', onMessage);
    return { dispose: () => window.removeEventListener('message', onMessage) };
  }
}

class HostWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly editor: EditorApi) {
    super();
  }

  write(message: Message): Promise<void> {
    this.editor.postMessage(message);
    return Promise.resolve();
  }

  end(): void {}
}

/** The window also hears messages that are not ours. */
function isRpcMessage(value: unknown): value is Message {
  const message = value as Message | undefined;
  return Message.isRequest(message) || Message.isNotification(message) || Message.isResponse(message);
}
