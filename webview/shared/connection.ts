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

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

/**
 * The page's end of its typed connection to the extension (messages: `src/protocol/*View.ts`).
 * Call once per page: the editor hands out its API only once. Register handlers, then call `listen()`.
 */
export function connectHost(): MessageConnection {
  return createMessageConnection(new HostReader(), new HostWriter());
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
  private readonly host = acquireVsCodeApi();

  write(message: Message): Promise<void> {
    this.host.postMessage(message);
    return Promise.resolve();
  }

  end(): void {}
}

/** The window also hears messages that are not ours. */
function isRpcMessage(value: unknown): value is Message {
  const message = value as Message | undefined;
  return Message.isRequest(message) || Message.isNotification(message) || Message.isResponse(message);
}
