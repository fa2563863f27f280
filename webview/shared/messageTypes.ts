/**
 * Stands in for `vscode-jsonrpc` when a page is built (`scripts/pageBuild.js`): of a message type a page needs the
 * name alone, and the package would be 59 kB of every page. What both ends say to each other stays one file a page,
 * `src/protocol/*View.ts`, typed by the package.
 */
class MessageType {
  constructor(readonly method: string) {}
}

export class RequestType extends MessageType {}

export class NotificationType extends MessageType {}
