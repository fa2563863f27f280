import type { Webview } from 'vscode';
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
} from 'vscode-jsonrpc/node';

/** The part of a webview that carries messages. */
export type WebviewChannel = Pick<Webview, 'postMessage' | 'onDidReceiveMessage'>;

/**
 * A typed connection to the page in a webview (messages: `src/protocol/*View.ts`).
 * Register handlers, then call `listen()`; dispose it with the panel, which also settles every waiting request.
 */
export function connectWebview(webview: WebviewChannel): MessageConnection {
  return createMessageConnection(new WebviewReader(webview), new WebviewWriter(webview));
}

class WebviewReader extends AbstractMessageReader implements MessageReader {
  constructor(private readonly webview: WebviewChannel) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    return this.webview.onDidReceiveMessage((message: unknown) => {
      if (isRpcMessage(message)) callback(message);
    });
  }
}

class WebviewWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly webview: WebviewChannel) {
    super();
  }

  async write(message: Message): Promise<void> {
    try {
      // False only says that the page is hidden or not loaded yet; it asks for its state when it is.
      await this.webview.postMessage(message);
    } catch (error) {
      this.fireError(error, message);
      throw error;
    }
  }

  end(): void {}
}

function isRpcMessage(value: unknown): value is Message {
  const message = value as Message | undefined;
  return Message.isRequest(message) || Message.isNotification(message) || Message.isResponse(message);
}
