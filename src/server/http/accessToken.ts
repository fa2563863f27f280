import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './httpError';

/** A new token: 192 bits, of characters that need no escaping in a URL or a shell. */
export function makeToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Whether a text can be sent as a bearer token. */
export function isTokenText(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/**
 * Checks `Authorization: Bearer …`, or `?token=…` for clients that take a URL and send no headers (OpenRLHF's
 * `remote_url`).
 * @throws HttpError 401
 */
export function checkToken(request: IncomingMessage, query: URLSearchParams, token: string): void {
  const { authorization } = request.headers;
  const bearer = /^Bearer +(.*)$/i.exec(authorization ?? '')?.[1]?.trimEnd();
  const given = bearer ?? (authorization === undefined ? query.get('token') : null);
  if (given !== null && isSameText(given, token)) return;
  throw new HttpError({
    status: 401,
    code: 'invalid_token',
    message:
      given === null
        ? 'the token is missing: send the header Authorization: Bearer TOKEN, or ?token=TOKEN in the URL'
        : 'the token is wrong: the server printed the right one when it was started',
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}

/** Takes the same time wherever the texts differ, and whatever their lengths. */
function isSameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
