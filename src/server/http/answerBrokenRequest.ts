import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpError } from './httpError';

/** Answers what cannot be parsed as a request, or does not come: there is no response object for it. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(error);
  const body = JSON.stringify(refusal);
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function refusalOf(error: NodeJS.ErrnoException): HttpError {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HttpError({ status: 408, code: 'request_too_slow', message: 'the request did not come in time' });
    case 'HPE_HEADER_OVERFLOW':
      return new HttpError({ status: 431, code: 'head_too_large', message: 'the head of the request is too large' });
    default:
      return new HttpError({ status: 400, code: 'invalid_request', message: 'this is not an HTTP request' });
  }
}
