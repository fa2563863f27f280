import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { BlobIdentity } from './listRepository';

/** The file's hash of the kind that the hub gives for it, hexadecimal. */
export async function hashBlob(
  path: string,
  { kind, size }: BlobIdentity,
  { signal, onBytes }: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
): Promise<string> {
  // git hashes an object's kind and length before its content.
  const hash = kind === 'git' ? createHash('sha1').update(`blob ${size}\0`) : createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    const bytes = chunk as Buffer;
    hash.update(bytes);
    done += bytes.length;
    onBytes(done);
  }
  return hash.digest('hex');
}
