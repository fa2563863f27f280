import { isIP } from 'node:net';
import { HttpError } from './httpError';

/** Whether only programs on this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/**
 * Refuses names that the server was not started under: a page in a browser can let a name of its own lead to this machine
 * (DNS rebinding), but it cannot change the name that the browser sends. An address is no name, and safe.
 * @throws HttpError 403
 */
export function checkHost(header: string | undefined, allowed: readonly string[]): void {
  if (header === undefined) return; // HTTP/1.0: no browser
  const name = hostOf(header);
  if (name === 'localhost' || isIP(name) !== 0 || allowed.includes(name)) return;
  throw new HttpError({
    status: 403,
    code: 'host_not_allowed',
    message: `the server does not answer under the name ${JSON.stringify(name)}: start it with --allow-hosts to add it`,
  });
}

/** The name or address of a Host header, without brackets and port, in lower case. */
function hostOf(header: string): string {
  const bracketed = /^\[([^\]]*)\](:\d*)?$/.exec(header);
  return (bracketed?.[1] ?? header.replace(/:\d*$/, '')).toLowerCase();
}
